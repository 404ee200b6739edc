// Shared by the journeys against third-party providers: a provider and a suite for each worker, and the steps
// through the provider's pages.
import { type BrowserContext, type Page, expect, test as base } from '@playwright/test';
import { consoleErrors, expectSignedIn, expectSignedOut, header, signInButton, signOutButton, statusHere } from '../support';
import { ended, openWatching } from '../tabs';
import { KINDS, type Kind } from './kinds';
import { type Setup, type SuiteOn, USERS, startOn } from './start';

export { expect };
export type { Page, Setup, SuiteOn };

export type UserName = keyof typeof USERS;

/** Options of a project. */
export interface ProviderOptions {
  setup: Setup;
}

interface WorkerFixtures extends ProviderOptions {
  suite: SuiteOn;
  kind: Kind;
}

/** The ports do not overlap with `make run` and `make test`. */
const FIRST_OFFSET = Number(process.env['E2E_PORT_OFFSET'] ?? 5000);

/** A tab that opens its stream just when the session ends gets 401, and the browser logs that. */
const LATE_LISTENER = /\/auth\/events: Failed to load resource: .*\b401\b/;

export const test = base.extend<{ guard: void }, WorkerFixtures>({
  setup: [
    { kind: 'oidc-provider', backchannel: 'sid', logoutEndpoint: true, accessTokenSeconds: 300 },
    { option: true, scope: 'worker' },
  ],

  suite: [
    async ({ setup }, use, worker) => {
      const suite = await startOn(setup, FIRST_OFFSET + 10 * worker.parallelIndex);
      await use(suite);
      await suite.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  kind: [
    async ({ setup }, use) => {
      await use(KINDS[setup.kind]);
    },
    { scope: 'worker' },
  ],

  guard: [
    async ({ context, suite }, use, info) => {
      const errors = consoleErrors(context);
      const logs = { 'suite.log': suite.log, 'provider.log': suite.providerLog };
      const before = Object.values(logs).map((log) => log().length);
      await use();
      for (const [index, [name, log]] of Object.entries(logs).entries()) {
        if (info.status === info.expectedStatus) break;
        await info.attach(name, { body: log().slice(before[index]), contentType: 'text/plain' });
      }
      // Ignores errors of the provider's own pages.
      const ours = errors.filter((error) => appsOf(suite).some((origin) => error.startsWith(origin)));
      expect(ours.filter((error) => !LATE_LISTENER.test(error)), 'errors in the console of the browser').toEqual([]);
    },
    { auto: true },
  ],
});

/** All origins of apps. Main on `localhost` and games are the same process. */
export const appsOf = ({ main, games, store, partner, identity }: SuiteOn): string[] => [
  main,
  games,
  store,
  partner,
  identity,
];

/**
 * Answers each page that the provider shows, until the browser is at `wanted`. Types `user` only if asked.
 */
async function passProvider(page: Page, kind: Kind, user: UserName, wanted: string): Promise<{ hasTyped: boolean }> {
  let hasTyped = false;
  const step = async () => {
    if (page.url() === wanted) return 'there';
    if (await kind.loginForm(page).isVisible()) return 'login';
    if (await kind.consent(page).isVisible()) return 'consent';
    return 'on the way';
  };
  for (;;) {
    let now = 'on the way';
    await expect.poll(async () => (now = await step()), { message: `on the way to ${wanted}` }).not.toBe('on the way');
    if (now === 'there') return { hasTyped };
    const address = page.url();
    if (now === 'login') {
      hasTyped = true;
      await kind.fillIn(page, USERS[user]);
    } else {
      await kind.consent(page).click();
    }
    await expect.poll(() => page.url(), { message: 'the page after the form' }).not.toBe(address);
  }
}

/** Signs in by hand at the app `origin`, and checks that the page shows this user. */
export async function signIn(page: Page, kind: Kind, user: UserName, origin: string, path = '/') {
  await page.goto(`${origin}/login?callbackUrl=${encodeURIComponent(path)}`);
  await signInButton(page).click();
  const passed = await passProvider(page, kind, user, origin + path);
  await expectShown(page, user);
  return passed;
}

/** The page shows this user in its header, and the other user's name nowhere. */
export async function expectShown(page: Page, user: UserName): Promise<void> {
  await expectSignedIn(page, user);
  await expect(header(page).getByText(USERS[user].name)).toBeVisible();
  await expectNotShown(page, user === 'Alice' ? 'Bob' : 'Alice');
}

/** Neither the page nor its source names the user. */
export async function expectNotShown(page: Page, user: UserName): Promise<void> {
  await expect(page.getByText(user)).toHaveCount(0);
  expect(await page.content()).not.toContain(USERS[user].name);
  expect(await page.content()).not.toContain(USERS[user].email);
}

/** Signs in at main, and then without typing at games (whose session store shares), partner and identity. */
export async function signInEverywhere(page: Page, kind: Kind, user: UserName, suite: SuiteOn): Promise<void> {
  for (const [index, origin] of [suite.main, suite.games, suite.partner, suite.identity].entries()) {
    const { hasTyped } = await signIn(page, kind, user, origin);
    expect(hasTyped, `${origin} asks for the user again`).toBe(index === 0);
  }
}

/** Opens a protected page of every app, each in a tab that watches its session. Identity has no such page. */
export async function openEverywhere(context: BrowserContext, suite: SuiteOn): Promise<Page[]> {
  const tabs: Page[] = [];
  for (const origin of [suite.main, suite.games, suite.store, suite.partner]) {
    tabs.push(await openWatching(context, `${origin}/protected`));
  }
  return tabs;
}

/** Signs out at `origin`, and answers the provider's question, if it asks. */
export async function signOut(
  page: Page,
  kind: Kind,
  setup: Setup,
  origin: string,
  answer: 'yes' | 'no' = 'yes',
): Promise<void> {
  await page.goto(origin);
  await signOutButton(page).first().click();
  if (kind.logout !== undefined && setup.logoutEndpoint) await kind.logout[answer](page).click();
  await expect(page).toHaveURL(new RegExp(`^${origin}/`));
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await expect(signOutButton(page)).toHaveCount(0);
}

/**
 * Every tab shows that its session has ended, and no user data. The tab's app confirms that, and its
 * protected page redirects to the sign-in page. Identity's session has ended too.
 */
export async function expectAllEnded(tabs: Page[], user: UserName, page: Page, suite: SuiteOn): Promise<void> {
  for (const tab of tabs) {
    const address = new URL(tab.url());
    await expect(ended(tab), tab.url()).toBeVisible();
    await expect(tab.getByText(user), tab.url()).toHaveCount(0);
    expect(await statusHere(tab), tab.url()).toBe(401);
    await tab.goto(tab.url());
    await expect(tab).toHaveURL(`${address.origin}/login?callbackUrl=${encodeURIComponent(address.pathname)}`);
    await expectNotShown(tab, user);
    await expect(tab.getByRole('alert')).toHaveCount(0);
  }
  await page.goto(suite.identity);
  await expectSignedOut(page);
  expect(await statusHere(page), 'identity').toBe(401);
  await expectNotShown(page, user);
}

/** The lines of the suite's log that match, after its first `mark` characters. */
export const linesSince = (suite: SuiteOn, mark: number, matching: RegExp): string[] =>
  suite.log().slice(mark).split('\n').filter((line) => matching.test(line));
