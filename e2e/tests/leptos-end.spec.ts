// When the session ends, or another user comes, the boundary of a hydrated Leptos app (partner) disposes what the user
// has seen: DOM, signals, resources, and the data that Leptos has written into the page.
import config from '../playwright.config';
import { remains } from '../remains';
import { type Page, type Suite, awake, expect, expectSignedIn, header, signInAs, signInButton, signOutAt, signOutButton, test } from '../support';
import { controls, ended, freeze, openWatching, sleepAnHour, watchFrames } from '../tabs';

test.use({
  launchOptions: { ...config.use?.launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

/** A note that no page contains by chance. */
const MARKER = 'marker-4f1d9c';
const note = (page: Page) => page.getByRole('listitem').filter({ hasText: MARKER });

/** Signs Alice in at partner and adds the note. */
async function withNote(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await awake(page);
  await page.getByLabel('New note').fill(MARKER);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(note(page)).toBeVisible();
}

test('after a sign-out in another tab, nothing of the user is left, and no resource asks again', async ({ page, context, suite }) => {
  await withNote(page, suite);
  const tab = await openWatching(context, `${suite.partner}/dashboard`);
  await expect(note(tab)).toBeVisible();
  expect(await remains(tab, MARKER)).not.toEqual([]);
  const calls: string[] = [];
  tab.on('request', (request) => {
    if (request.url().includes('/api/')) calls.push(request.url());
  });
  await signOutAt(page, suite.partner);
  await expect(ended(tab)).toBeVisible();
  expect(await remains(tab, MARKER)).toEqual([]);
  await expect(tab).toHaveURL(`${suite.partner}/dashboard`);
  await expect(tab).toHaveTitle('Signed out');
  expect(await controls(tab)).toEqual(['link: Sign in again']);
  await expect(header(tab).getByRole('link', { name: 'Sign in' })).toBeVisible();
  await expect(signOutButton(tab)).toHaveCount(0);
  await expect(ended(tab)).toBeFocused();
  expect(calls).toEqual([]);
});

test('the page comes back at the same address when the same user signs in again', async ({ page, context, suite }) => {
  await withNote(page, suite);
  const tab = await openWatching(context, `${suite.partner}/dashboard/number?tab=2`);
  await signOutAt(page, suite.partner);
  await expect(ended(tab)).toBeVisible();
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await expectSignedIn(tab, 'Alice');
  await expect(tab.getByRole('heading', { name: 'Your favourite number' })).toBeVisible();
  await expect(tab).toHaveURL(`${suite.partner}/dashboard/number?tab=2`);
  await expect(ended(tab)).toHaveCount(0);
  // The page watches the new session too.
  await signOutAt(page, suite.partner);
  await expect(ended(tab)).toBeVisible();
});

test('another user sees nothing of the first one, and goes on with a click', async ({ page, context, suite }) => {
  await withNote(page, suite);
  const tab = await openWatching(context, `${suite.partner}/dashboard`);
  await signOutAt(page, suite.partner);
  await signInAs(page, 'Bob', suite.partner, '/');
  await expect(tab.getByText('Another user signed in.')).toBeVisible();
  expect(await remains(tab, MARKER)).toEqual([]);
  expect(await controls(tab)).toEqual(['link: Sign in again', 'link: Go on as the other user']);
  await expect(tab.getByText('Bob')).toHaveCount(0);
  await tab.getByRole('link', { name: 'Go on as the other user' }).click();
  await expectSignedIn(tab, 'Bob');
  await expect(tab.getByText('You have no notes yet.')).toBeVisible();
  await expect(note(tab)).toHaveCount(0);
});

test('an end from another device reaches the page, and reloading leads to sign-in', async ({ page, suite }) => {
  await withNote(page, suite);
  await page.evaluate(() => fetch('/auth/signout', { method: 'POST', body: new URLSearchParams({ scope: 'local' }) }));
  await expect(ended(page)).toBeVisible();
  expect(await remains(page, MARKER)).toEqual([]);
  await page.reload();
  await expect(page).toHaveURL(/\/login\?callbackUrl=%2Fdashboard/);
  await signInButton(page).click();
  await expectSignedIn(page, 'Alice');
  await expect(page).toHaveURL(`${suite.partner}/dashboard`);
});

test('what one tab saves is on the page of another tab, without a reload', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard/number');
  const tab = await openWatching(context, `${suite.partner}/dashboard/number`);
  await page.bringToFront();
  await page.getByRole('textbox', { name: 'Favourite number' }).fill('42');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('It is 42.')).toBeVisible();
  await tab.bringToFront();
  await expect(tab.getByText('It is 42.')).toBeVisible();
});

test('a tab that was frozen shows nothing of an ended session', async ({ page, context, suite }) => {
  await withNote(page, suite);
  const tab = await openWatching(context, `${suite.partner}/dashboard`);
  await expect(note(tab)).toBeVisible();
  const frozen = await freeze(tab);
  await signOutAt(page, suite.partner);
  await frozen.thaw();
  await expect(ended(tab)).toBeVisible();
  expect(await remains(tab, MARKER)).toEqual([]);
});

test('back from the back/forward cache, the page asks before it shows the old content', async ({ page, context, suite }) => {
  await withNote(page, suite);
  // Chromium keeps no `no-store` page in this cache, but other browsers do.
  const { host, port } = new URL(suite.partner);
  await context.route(/\/(dashboard|login|auth\/session)$/, async (route) => {
    const request = route.request();
    // Only browsers resolve every `*.localhost`.
    const url = request.url().replace(suite.partner, `http://127.0.0.1:${port}`);
    const response = await route.fetch({ url, headers: { ...(await request.allHeaders()), host }, maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), 'cache-control': 'no-cache' } });
  });
  await page.goto('about:blank');
  const tab = await openWatching(context, `${suite.partner}/dashboard`);
  await expect(note(tab)).toBeVisible();
  const frames = await watchFrames(tab, MARKER);
  await tab.evaluate((url) => (location.href = url), `${suite.partner}/login`);
  await tab.waitForURL(`${suite.partner}/login`);
  await signOutAt(page, suite.partner);
  await tab.evaluate(() => history.back());
  await expect(ended(tab)).toBeVisible();
  const found = await frames();
  expect(found.persisted, 'the page was in the back/forward cache').toBe(true);
  expect(found.seen).toBe(false);
  expect(await remains(tab, MARKER)).toEqual([]);
});

test('trouble signs no user out: offline, the page stays, and asks when the network is back', async ({ page, context, suite, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|Failed to load resource/);
  await withNote(page, suite);
  await context.setOffline(true);
  await page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name: 'Favourite number' }).focus();
  await expect(note(page)).toBeVisible();
  await expect(ended(page)).toHaveCount(0);
  await context.setOffline(false);
  await expectSignedIn(page, 'Alice');
  await expect(ended(page)).toHaveCount(0);
});

test('after the machine slept, the page is covered until the server has answered', async ({ page, context, suite }) => {
  await withNote(page, suite);
  const tab = await openWatching(context, `${suite.partner}/dashboard`);
  await expect(note(tab)).toBeVisible();
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await tab.route(`${suite.partner}/auth/session`, async (route) => {
    await released;
    await route.continue();
  });
  await sleepAnHour(tab);
  await expect(tab.getByText('Checking your session…')).toBeVisible();
  await expect(note(tab)).toBeHidden();
  await expect(header(tab).getByText('Alice')).toBeHidden();
  release();
  await expect(note(tab)).toBeVisible();
});

test('a page whose script loads late asks the server before it trusts its own content', async ({ page, context, suite }) => {
  await withNote(page, suite);
  const late = await context.newPage();
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await late.route('**/pkg/app.wasm', async (route) => {
    await released;
    await route.continue();
  });
  await late.goto(`${suite.partner}/dashboard`, { waitUntil: 'commit' });
  await expect(note(late)).toBeVisible();
  await signOutAt(page, suite.partner);
  release();
  await expect(ended(late)).toBeVisible();
  expect(await remains(late, MARKER)).toEqual([]);
});

test('however many callers ask for the session at once, one request is sent', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/session');
  await awake(page);
  let asked = 0;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(`${suite.partner}/auth/session`, async (route) => {
    asked += 1;
    await released;
    await route.continue();
  });
  const button = page.getByRole('button', { name: 'Ask the server now' });
  await button.evaluate((element: HTMLElement) => {
    for (let click = 0; click < 20; click += 1) element.click();
  });
  await expect.poll(() => asked).toBe(1);
  release();
  await expectSignedIn(page, 'Alice');
  // What was asked while the first answer was on its way is asked once more, for all callers.
  expect(asked).toBeLessThanOrEqual(2);
});
