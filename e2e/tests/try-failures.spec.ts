// A visitor switches on failures at the provider, for one browser: the apps react, and other browsers notice nothing.
import { type Browser } from '@playwright/test';
import { onNow, switchOff, switchOn } from '../failures';
import { type Page, type Suite, expect, expectSignedIn, sessionStatus, signInAs, signInButton, test } from '../support';

/** How long the provider waits, in milliseconds. */
const DELAY = 3000;

/** Begins a sign-in at the main app, up to the answer of the provider. */
async function begin(page: Page, suite: Suite): Promise<void> {
  await page.goto(`${suite.main}/login?callbackUrl=/protected`);
  await signInButton(page).click();
}

const renewTokens = (page: Page): Promise<number> =>
  page.evaluate(async () => (await fetch('/api/renew-token', { method: 'POST' })).status);

/** Another visitor can sign in at the main app and renew tokens. */
async function expectOtherBrowserUnaffected(browser: Browser, suite: Suite): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${suite.provider}/try-failures`);
  await expect(onNow(page)).toHaveText('No failure is on for this browser.');
  await signInAs(page, 'Alice', suite.main, '/protected');
  expect(await renewTokens(page)).toBe(200);
  await context.close();
}

test('a slow provider delays the sign-in, and the sign-in works', async ({ page, suite }) => {
  await switchOn(page, suite, 'Slow provider');
  await begin(page, suite);
  await expect(page.getByText('A failure is switched on for this browser: Slow provider.')).toBeVisible();
  const before = Date.now();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.main}/protected`);
  expect(Date.now() - before).toBeGreaterThanOrEqual(DELAY);
  await expectSignedIn(page, 'Alice');
});

test('a provider that fails leads back to the sign-in page, and ends no session', async ({
  page,
  browser,
  suite,
  expectedErrors,
}) => {
  expectedErrors.push(/\/api\/renew-token: .*status of 503/);
  await switchOn(page, suite, 'Provider fails');
  await begin(page, suite);
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await expect(page).toHaveURL(new RegExp(`^${suite.main}/login\\?error=provider_unavailable`));
  await expect(page.getByRole('alert')).toContainText('The sign-in service is not answering.');
  expect(await sessionStatus(page, suite.main)).toBe(401);
  await expectOtherBrowserUnaffected(browser, suite);

  await switchOff(page, suite);
  await begin(page, suite);
  await page.waitForURL(`${suite.main}/protected`);
  await switchOn(page, suite, 'Provider fails');
  await page.goto(`${suite.main}/protected`);
  expect(await renewTokens(page)).toBe(503);
  expect(await sessionStatus(page, suite.main)).toBe(200);
  await switchOff(page, suite);
  await page.goto(`${suite.main}/protected`);
  // After a failure, the app waits for 5 s before it asks the provider again.
  await expect.poll(() => renewTokens(page), { timeout: 20_000 }).toBe(200);
});

test('a refused redirect URI shows the error of article 1, and the way to switch it off', async ({
  page,
  browser,
  suite,
  expectedErrors,
}) => {
  expectedErrors.push(/\/authorize\?.*status of 400/);
  await page.goto(`${suite.provider}/try-failures?back=${encodeURIComponent(`${suite.main}/public`)}`);
  await page.getByRole('button', { name: 'Refused redirect URI' }).click();
  await begin(page, suite);
  await expect(page.getByRole('alert')).toContainText(
    `The redirect URI is wrong. You sent ${suite.identity}, and we expected https://another-app.example`,
  );
  await expectOtherBrowserUnaffected(browser, suite);

  await page.getByRole('link', { name: 'Switch it off' }).click();
  await page.getByRole('button', { name: 'Off', exact: true }).click();
  await expect(onNow(page)).toHaveText('No failure is on for this browser.');
  await page.getByRole('link', { name: 'Back to the tour' }).click();
  await page.waitForURL(`${suite.main}/public`);
  await signInAs(page, 'Alice', suite.main);
});

test('a cancelled sign-in leads to the sign-in page', async ({ page, browser, suite }) => {
  await switchOn(page, suite, 'Sign-in cancelled');
  await begin(page, suite);
  await expect(page).toHaveURL(new RegExp(`^${suite.main}/login\\?error=access_denied`));
  await expect(page.getByRole('alert')).toContainText('The sign-in was cancelled');
  await expectOtherBrowserUnaffected(browser, suite);
  await switchOff(page, suite);
  await signInAs(page, 'Alice', suite.main);
});

test('a session lost at the provider ends the session when its tokens are renewed', async ({
  page,
  browser,
  suite,
  expectedErrors,
}) => {
  expectedErrors.push(/status of 401/);
  await signInAs(page, 'Alice', suite.main, '/protected');
  await switchOn(page, suite, 'Session lost at the provider');
  await expectOtherBrowserUnaffected(browser, suite);
  await page.goto(`${suite.main}/protected`);
  expect(await sessionStatus(page, suite.main)).toBe(200);
  expect(await renewTokens(page)).toBe(401);
  expect(await sessionStatus(page, suite.main)).toBe(401);

  await page.goto(`${suite.provider}/try-failures`);
  await expect(onNow(page)).toHaveText('No failure is on for this browser.');
  await signInAs(page, 'Alice', suite.main, '/protected');
  expect(await renewTokens(page)).toBe(200);
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('a visitor can switch a failure on and off', async ({ page, suite }) => {
    await switchOn(page, suite, 'Sign-in cancelled');
    await begin(page, suite);
    await expect(page).toHaveURL(new RegExp(`^${suite.main}/login\\?error=access_denied`));
    await switchOff(page, suite);
    await signInAs(page, 'Alice', suite.main);
  });
});
