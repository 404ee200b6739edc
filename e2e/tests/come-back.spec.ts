// Article 4 across sites: "provide a method of instantly redirecting back when any one of the tabs logs back
// in". Games and partner are different sites, so their tabs cannot exchange messages. Identity tells
// partner's server instead.
import type { BrowserContext } from '@playwright/test';
import {
  type Page,
  type Suite,
  continueAs,
  expect,
  expectSignedIn,
  signInAs,
  signInButton,
  signOutButton,
  statusHere,
  test,
} from '../support';
import { ended, openWatching, reading } from '../tabs';

/** Signs in on games and partner, opens tabs of partner, and signs out everywhere, so that the tabs wait. */
async function waitingTabs(page: Page, context: BrowserContext, suite: Suite, paths: string[]): Promise<Page[]> {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto(`${suite.partner}/login?callbackUrl=/protected`);
  await signInButton(page).first().click();
  await page.waitForURL(`${suite.partner}/protected`);
  await page.goto('about:blank');
  const tabs = [];
  for (const path of paths) tabs.push(await openWatching(context, suite.partner + path));
  const listens = context.waitForEvent('request', (request) => request.url() === `${suite.partner}/auth/events?waiting`);
  await page.goto(`${suite.games}/public`);
  await signOutButton(page).first().click();
  for (const tab of tabs) await expect(ended(tab)).toBeVisible();
  await (await listens).response();
  // The browser is back from the provider, which has then ended its session.
  await page.waitForURL(`${suite.games}/signed-out`);
  return tabs;
}

test('a waiting tab of another site comes back automatically, at the same address', async ({ page, context, suite }) => {
  const [tab] = (await waitingTabs(page, context, suite, ['/dashboard?chapter=2'])) as [Page];
  const back = tab.waitForResponse((response) => response.url() === `${suite.partner}/dashboard?chapter=2`);
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await signInButton(page).first().click();
  let from = 0;
  context.on('request', (request) => {
    if (from === 0 && request.url().includes('/auth/callback/demo?')) from = Date.now();
  });
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await back;
  console.log(`partner is back ${Date.now() - from} ms after the sign-in on games passed identity`);
  await expectSignedIn(tab, 'Alice');
  await expect(tab).toHaveURL(`${suite.partner}/dashboard?chapter=2`);
  expect(await statusHere(tab)).toBe(200);
});

test('of several waiting tabs one signs in silently, and all come back', async ({ page, context, suite }) => {
  let asked = 0;
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === suite.provider && url.searchParams.get('prompt') === 'none') asked += 1;
  });
  const tabs = await waitingTabs(page, context, suite, ['/protected', '/dashboard', '/session']);
  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const tab of tabs) await expectSignedIn(tab, 'Alice');
  expect(asked).toBe(1);
});

test('after a sign-in by another user the waiting tabs show that user', async ({ page, context, suite }) => {
  const tabs = await waitingTabs(page, context, suite, ['/dashboard']);
  await signInAs(page, 'Bob', suite.games, '/protected');
  for (const tab of tabs) {
    await expectSignedIn(tab, 'Bob');
    await expect(tab.getByText('Alice')).toHaveCount(0);
  }
});

test('a sign-in in another browser brings no waiting tab back', async ({ page, browser, context, suite }) => {
  const tabs = await waitingTabs(page, context, suite, ['/protected']);
  const other = await (await browser.newContext()).newPage();
  await signInAs(other, 'Alice', suite.games);
  // An event for the waiting tabs would arrive long before the other browser has opened three more pages.
  for (const path of ['/protected', '/dashboard', '/session']) await other.goto(suite.games + path);
  for (const tab of tabs) {
    await expect(ended(tab)).toBeVisible();
    expect(await statusHere(tab)).toBe(401);
  }
  await other.context().close();
});

test('after a sign-out of partner only, a sign-in elsewhere does not bring its tab back', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/session');
  const tab = await openWatching(context, `${suite.partner}/dashboard`);
  await page.getByRole('button', { name: 'Sign out of this app only' }).click();
  await expect(ended(tab)).toBeVisible();
  await page.goto(`${suite.games}/login?callbackUrl=/session`);
  await signInButton(page).first().click();
  await page.waitForURL(`${suite.games}/session`);
  await page.goto(`${suite.games}/dashboard`);
  await expect(ended(tab)).toBeVisible();
  expect(await statusHere(tab)).toBe(401);
});

test('a tab tries once: if the user has signed out again by then, it ends on the sign-in page', async ({
  page,
  context,
  suite,
}) => {
  const [tab] = (await waitingTabs(page, context, suite, ['/protected'])) as [Page];
  // Holds the tab's request until the user has signed out again.
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await tab.route(`${suite.partner}/auth/come-back`, async (route) => {
    await held;
    await route.continue();
  });
  const tried = tab.waitForRequest(`${suite.partner}/auth/come-back`);
  await page.goto(`${suite.games}/login?callbackUrl=/public`);
  await continueAs(page, 'Alice');
  await tried;
  await page.waitForURL(`${suite.games}/public`);
  await signOutButton(page).first().click();
  await page.waitForURL(/\/signed-out$/);
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  go();
  await expect(tab).toHaveURL(`${suite.partner}/login?callbackUrl=%2Fprotected`);
  expect(await statusHere(tab)).toBe(401);
});

test('tabs of both origins of an app come back, wherever the user signs in', async ({ page, context, suite }) => {
  const origins = [suite.main, suite.games];
  for (const [from, to] of [origins, origins.toReversed()] as [string, string][]) {
    await signInAs(page, 'Alice', suite.main, '/protected');
    await page.goto(`${suite.games}/login?callbackUrl=/protected`);
    await signInButton(page).first().click();
    await page.waitForURL(`${suite.games}/protected`);
    await page.goto('about:blank');
    const listens = context.waitForEvent('request', (request) => request.url() === `${to}/auth/events?waiting`);
    const tabs = [await openWatching(context, `${to}/dashboard?chapter=2`), await openWatching(context, `${from}/session`)];
    await page.goto(`${from}/public`);
    await signOutButton(page).first().click();
    for (const tab of tabs) await expect(ended(tab)).toBeVisible();
    await (await listens).response();
    await page.waitForURL(/\/signed-out$/);
    await signInAs(page, 'Alice', from, '/protected');
    for (const tab of tabs) await expectSignedIn(tab, 'Alice');
    await expect(tabs[0] as Page).toHaveURL(`${to}/dashboard?chapter=2`);
    for (const tab of tabs) await tab.close();
    await page.goto(`${from}/public`);
    await signOutButton(page).first().click();
    await page.waitForURL(/\/signed-out$/);
    await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  }
});

test('identity knows a browser by one handle, at one origin, and a frame gets none', async ({ page, context, suite }) => {
  const framed: string[] = [];
  context.on('response', (response) => {
    const url = new URL(response.url());
    if (url.hostname === 'identity.wow.localhost') framed.push(JSON.stringify(response.headers()));
  });
  await signInAs(page, 'Alice', suite.partner, '/protected');
  await page.goto(`${suite.store}/public`);
  await expect(page.locator('[data-check="signed_in"]')).toBeAttached();
  await page.goto(`${suite.store}/protected`);
  await expectSignedIn(page, 'Alice');
  const handles = (await context.cookies()).filter(({ name }) => name.endsWith('identity.browser'));
  expect(handles.map(({ domain }) => domain)).toEqual(['localhost']);
  expect(framed.join()).not.toContain('browser_handle');
  await page.goto(`${suite.identityWow}/login?callbackUrl=/`);
  expect(new URL(page.url()).origin, 'identity serves its pages at one origin').toBe(suite.identity);
});

test('apps of one site come back together', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto('about:blank');
  const store = await openWatching(context, `${suite.store}/session`);
  await expect(reading(store, 'stream')).toHaveText('session');
  await page.goto(`${suite.games}/public`);
  await signOutButton(page).first().click();
  await expect(ended(store)).toBeVisible();
  await page.waitForURL(/\/signed-out$/);
  await signInAs(page, 'Alice', suite.games, '/protected');
  await expectSignedIn(store, 'Alice');
});
