// The pages of each provider: its sign-in form, and the questions it asks.
import type { Locator, Page } from '@playwright/test';
import type { ProviderName, User } from './start';

/** A provider's pages. */
export interface Kind {
  /** The first field of the provider's sign-in form. */
  loginForm: (page: Page) => Locator;
  /** Fills in the sign-in form, which has one page or two. */
  fillIn: (page: Page, user: User) => Promise<void>;
  /** The button that gives consent. */
  consent: (page: Page) => Locator;
  /**
   * The buttons of the question at logout; `undefined` if the provider does not ask clients that send an ID
   * token.
   */
  logout?: { yes: (page: Page) => Locator; no: (page: Page) => Locator };
}

const button = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true });

export const KINDS: Record<ProviderName, Kind> = {
  'oidc-provider': {
    loginForm: (page) => page.getByPlaceholder('Enter any login'),
    fillIn: async (page, { login, password }) => {
      await page.getByPlaceholder('Enter any login').fill(login);
      await page.getByPlaceholder('and password').fill(password);
      await page.getByRole('button', { name: 'Sign-in' }).click();
    },
    consent: button('Continue'),
    logout: { yes: button('Yes, sign me out'), no: button('No, stay signed in') },
  },
  canaille: {
    loginForm: (page) => page.locator('input[name=login]'),
    fillIn: async (page, { login, password }) => {
      await page.locator('input[name=login]').fill(login);
      await page.locator('form button[type=submit]').last().click();
      await page.locator('input[name=password]').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    },
    consent: button('Accept'),
  },
  'django-allauth': {
    loginForm: (page) => page.locator('input[name=login]'),
    fillIn: async (page, { login, password }) => {
      await page.locator('input[name=login]').fill(login);
      await page.locator('input[name=password]').fill(password);
      await page.getByRole('button', { name: 'Sign In', exact: true }).click();
    },
    consent: button('Authorize'),
    logout: { yes: button('Sign Out'), no: button('Stay Signed In') },
  },
};
