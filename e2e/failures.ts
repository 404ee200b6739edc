// The provider's page on which a visitor switches failures on and off for one browser.
import { type Page, type Suite, expect } from './support';

export type Failure = 'Slow provider' | 'Provider fails' | 'Refused redirect URI' | 'Sign-in cancelled' | 'Session lost at the provider';

/** The line of the page that says which failure is on. */
export const onNow = (page: Page) => page.getByRole('status');

/** Switches a failure on for the browser of this page. */
export async function switchOn(page: Page, suite: Suite, failure: Failure): Promise<void> {
  await page.goto(`${suite.provider}/try-failures`);
  await page.getByRole('button', { name: failure, exact: true }).click();
  await expect(onNow(page)).toHaveText(`On for this browser: ${failure}.`);
}

/** Switches the failure of this browser off. */
export async function switchOff(page: Page, suite: Suite): Promise<void> {
  await page.goto(`${suite.provider}/try-failures`);
  await page.getByRole('button', { name: 'Off', exact: true }).click();
  await expect(onNow(page)).toHaveText('No failure is on for this browser.');
}
