// Server functions in a hydrated Leptos app (partner): a 401, a 403 and a 503 are typed errors in the browser, and the
// page follows its session.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Page, type Suite, awake, countDocuments, expect, expectSignedIn, signInAs, test } from '../support';
import { ended } from '../tabs';

const add = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('New note').fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
};

/** Runs one statement on partner's database, as an operator could. */
function sql(suite: Suite, statement: string): void {
  const program = 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=10); c.execute(sys.argv[2]); c.commit()';
  execFileSync('python3', ['-c', program, join(suite.dataDir, 'partner.db'), statement]);
}

test.beforeEach(async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await awake(page);
});

test('a call shows its result without loading a document, and the form is empty of errors', async ({ page }) => {
  const loads = countDocuments(page);
  await add(page, 'buy milk');
  await expect(page.getByRole('listitem').filter({ hasText: 'buy milk' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Remove all notes' }).click();
  await expect(page.getByText('You have no notes yet.')).toBeVisible();
  expect(loads()).toBe(0);
});

test('input that the app refuses is explained, and changes nothing', async ({ page, expectedErrors }) => {
  expectedErrors.push(/status of 4\d\d/);
  await add(page, '   ');
  await expect(page.getByRole('alert')).toContainText('must not be empty');
  await expect(page.getByText('You have no notes yet.')).toBeVisible();
});

test('401: the page asks for its session, and ends with it', async ({ page, expectedErrors }) => {
  expectedErrors.push(/401/, /ERR_FAILED/);
  // The page hears nothing of the end.
  await page.route('**/auth/events**', (route) => route.abort());
  await page.context().clearCookies({ name: /session$/ });
  await add(page, 'too late');
  await expect(ended(page)).toBeVisible();
  await expect(page.getByText('too late')).toHaveCount(0);
});

test('503: the page says that the session cannot be checked, and the user stays signed in', async ({ page, browser, suite, expectedErrors }) => {
  expectedErrors.push(/503/);
  sql(suite, 'ALTER TABLE sessions RENAME TO sessions_away');
  try {
    await add(page, 'written in trouble');
    await expect(page.getByRole('alert')).toContainText('You have not been signed out');
    await expect(ended(page)).toHaveCount(0);
    await expectSignedIn(page, 'Alice');
    // The server has this session in its cache. It must ask the store for another one, and then the page says so.
    const stranger = await browser.newContext();
    const cookies = await page.context().cookies(suite.partner);
    const session = cookies.filter(({ name }) => name.endsWith('session'));
    await stranger.addCookies(session.map((cookie) => ({ ...cookie, value: 'A'.repeat(cookie.value.length) })));
    const tab = await stranger.newPage();
    await tab.goto(`${suite.partner}/public`);
    await expect(tab.getByRole('banner').getByText('Session unknown')).toBeVisible();
    await expect(tab.getByRole('link', { name: 'Sign in' })).toHaveCount(0);
    for (const path of ['/', '/ssr-logout', '/signed-out']) {
      await tab.goto(suite.partner + path);
      await expect(tab.getByRole('main').getByText('You have not been signed out.')).toBeVisible();
      await expect(tab.getByRole('button', { name: /^Sign (in|out)/ })).toHaveCount(0);
      await expect(tab.getByRole('link', { name: /^Sign in/ })).toHaveCount(0);
      await expect(tab.getByText('You have been signed out')).toHaveCount(0);
    }
    await stranger.close();
  } finally {
    sql(suite, 'ALTER TABLE sessions_away RENAME TO sessions');
  }
  await add(page, 'written afterwards');
  await expect(page.getByRole('listitem').filter({ hasText: 'written afterwards' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a call without a session gets 401, and one of another site 403, whatever it sends', async ({ page, suite }) => {
  const { host, port, origin } = new URL(suite.partner);
  const call = (headers: Record<string, string>) =>
    page.request.post(`http://127.0.0.1:${port}/api/add-note`, {
      headers: { host, accept: 'application/json', ...headers },
      form: { note: 'from elsewhere' },
    });
  const guest = await call({ origin, 'sec-fetch-site': 'same-origin' });
  expect(guest.status()).toBe(401);
  const cookies = await page.context().cookies(suite.partner);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const foreign = await call({ origin: suite.games, 'sec-fetch-site': 'cross-site', cookie });
  expect(foreign.status()).toBe(403);
  await page.reload();
  await expect(page.getByText('You have no notes yet.')).toBeVisible();
});
