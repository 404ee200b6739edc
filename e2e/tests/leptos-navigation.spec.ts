// Article 2's `beforeNavigate` in a hydrated Leptos app (partner): a click on a link to a guarded page waits for the
// server's answer. `navigate()` and Back have no such moment: there the address changes first, and the route shows its
// notice instead of its page.
import { type Page, type Suite, awake, expect, header, signInAs, test } from '../support';
import { ended } from '../tabs';

const SECRET = 'Only signed-in users see this page';
const denied = (page: Page) => page.locator('[data-nav-guard]').getByText('Please sign in to continue');
const link = (page: Page, name: string) => header(page).getByRole('link', { name });

async function guest(page: Page, suite: Suite, path = '/public'): Promise<void> {
  await page.goto(suite.partner + path);
  await awake(page);
}

async function member(page: Page, suite: Suite, path = '/public'): Promise<void> {
  await signInAs(page, 'Alice', suite.partner, path);
  await awake(page);
}

/** Holds the answers to the guard's question until `release` is called. */
async function holdAnswers(page: Page): Promise<{ asked: () => number; release: () => void }> {
  let asked = 0;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/get-session-status', async (route) => {
    asked += 1;
    await released;
    await route.continue();
  });
  return { asked: () => asked, release };
}

/** Counts the documents that the page loads. */
function countLoads(page: Page): () => number {
  let loads = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads += 1;
  });
  return () => loads;
}

test('a guest who clicks a guarded link stays, is told why, and goes to sign-in', async ({ page, suite }) => {
  await guest(page, suite);
  const loads = countLoads(page);
  await link(page, 'Protected').click();
  await expect(denied(page)).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/public`);
  await expect(page.getByText(SECRET)).toHaveCount(0);
  expect(loads()).toBe(0);
  await page.getByRole('link', { name: 'Go to sign-in' }).click();
  await expect(page).toHaveURL(`${suite.partner}/login?callbackUrl=${encodeURIComponent('/protected')}`);
});

test('a member who clicks a guarded link gets the page without loading a document', async ({ page, suite }) => {
  await member(page, suite);
  const loads = countLoads(page);
  await link(page, 'Protected').click();
  await expect(page.getByText(SECRET)).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/protected`);
  await expect(page).toHaveTitle('Protected · Partner');
  expect(loads()).toBe(0);
});

test('the address does not change, and nothing is shown, before the answer is there', async ({ page, suite }) => {
  await member(page, suite);
  const { asked, release } = await holdAnswers(page);
  await link(page, 'Protected').click();
  await expect.poll(asked).toBe(1);
  await expect(page).toHaveURL(`${suite.partner}/public`);
  await expect(page.getByText(SECRET)).toHaveCount(0);
  release();
  await expect(page.getByText(SECRET)).toBeVisible();
});

test('of two clicks the second one wins, whichever answer comes first', async ({ page, suite }) => {
  await member(page, suite);
  const { asked, release } = await holdAnswers(page);
  await link(page, 'Protected').click();
  await link(page, 'Dashboard').click();
  await expect.poll(asked).toBe(2);
  release();
  await expect(page.getByRole('heading', { name: 'Your dashboard' })).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/dashboard`);
  await expect(page.getByText(SECRET)).toHaveCount(0);
});

test('a click on a public link while the answer is awaited wins too', async ({ page, suite }) => {
  await member(page, suite);
  const { asked, release } = await holdAnswers(page);
  await link(page, 'Protected').click();
  await expect.poll(asked).toBe(1);
  await link(page, 'Partner').click();
  await expect(page).toHaveURL(`${suite.partner}/`);
  const answered = page.waitForResponse('**/api/get-session-status');
  release();
  await (await answered).finished();
  await expect(page.getByRole('heading', { name: 'Partner' })).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/`);
});

test('Back while the answer is awaited withdraws the click', async ({ page, suite }) => {
  await member(page, suite, '/');
  await link(page, 'Public').click();
  await expect(page.getByRole('heading', { name: 'A public page' })).toBeVisible();
  const { asked, release } = await holdAnswers(page);
  await link(page, 'Protected').click();
  await expect.poll(asked).toBe(1);
  await page.evaluate(() => history.back());
  await expect(page).toHaveURL(`${suite.partner}/`);
  const answered = page.waitForResponse('**/api/get-session-status');
  release();
  await (await answered).finished();
  await expect(page.getByRole('heading', { name: 'Partner' })).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/`);
});

test('modifier keys and the middle button open a tab, which the server guards', async ({ page, context, suite }) => {
  await guest(page, suite);
  const { asked } = await holdAnswers(page);
  for (const options of [{ modifiers: ['Control'] }, { button: 'middle' }] as const) {
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      link(page, 'Protected').click({ ...options, modifiers: 'modifiers' in options ? [...options.modifiers] : [] }),
    ]);
    await expect(tab).toHaveURL(`${suite.partner}/login?callbackUrl=${encodeURIComponent('/protected')}`);
    await tab.close();
  }
  expect(asked()).toBe(0);
  await expect(page).toHaveURL(`${suite.partner}/public`);
});

test('the keyboard opens guarded links as the mouse does', async ({ page, suite }) => {
  await member(page, suite);
  await link(page, 'Protected').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(SECRET)).toBeVisible();
});

test('query and fragment survive, for the member and for the guest', async ({ page, context, suite }) => {
  const target = '/protected?tab=2&name=a%20b#part';
  const click = (tab: Page) =>
    tab.evaluate((href) => {
      const anchor = Object.assign(document.createElement('a'), { href, textContent: 'deep' });
      document.querySelector('main')?.append(anchor);
      anchor.click();
    }, target);
  await guest(page, suite);
  await click(page);
  await expect(denied(page)).toBeVisible();
  await page.getByRole('link', { name: 'Go to sign-in' }).click();
  await expect(page).toHaveURL(/callbackUrl=%2Fprotected%3Ftab%3D2%26name%3Da%2520b/);
  const tab = await context.newPage();
  await member(tab, suite);
  await click(tab);
  await expect(tab.getByText(SECRET)).toBeVisible();
  await expect(tab).toHaveURL(suite.partner + target);
});

test('nested routes: the parent stays, the child changes, and a reload shows the same', async ({ page, suite }) => {
  await member(page, suite, '/dashboard');
  await page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name: 'Favourite number' }).click();
  await expect(page.getByRole('heading', { name: 'Your favourite number' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Your dashboard' })).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/dashboard/number`);
  await page.reload();
  await awake(page);
  await expect(page.getByRole('heading', { name: 'Your favourite number' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Notes', exact: true })).toBeVisible();
});

test('an answer that fails lets the click pass, because the server guards the page', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource/, /ERR_FAILED/);
  await guest(page, suite);
  for (const fail of [
    (url: string) => page.route(url, (route) => route.abort()),
    (url: string) => page.route(url, (route) => route.fulfill({ status: 500, body: 'broken' })),
    (url: string) => page.route(url, (route) => route.fulfill({ status: 200, body: 'not JSON' })),
  ]) {
    await fail('**/api/get-session-status');
    await link(page, 'Protected').click();
    await expect(page).toHaveURL(`${suite.partner}/login?callbackUrl=${encodeURIComponent('/protected')}`);
    await page.unrouteAll();
    await guest(page, suite);
  }
});

test('a changed address without a click shows the notice, never the page', async ({ page, suite }) => {
  await guest(page, suite);
  for (const path of ['/protected', '/dashboard', '/dashboard/number']) {
    await page.evaluate((to) => {
      history.pushState({}, '', to);
      window.dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    await expect(page.getByRole('main').getByRole('heading', { name: 'Please sign in to continue' })).toBeVisible();
    await expect(page.getByRole('main').getByRole('link', { name: 'Go to sign-in' })).toHaveAttribute(
      'href',
      `/login?callbackUrl=${encodeURIComponent(path)}`,
    );
    await expect(page.getByText(SECRET)).toHaveCount(0);
    await expect(page.getByRole('heading', { name: /Your dashboard|Your favourite number|Notes/ })).toHaveCount(0);
  }
});

test('Back to a guarded page after the end shows the end, never the page', async ({ page, suite }) => {
  await member(page, suite, '/protected');
  await link(page, 'Public').click();
  await expect(page.getByRole('heading', { name: 'A public page' })).toBeVisible();
  await page.evaluate(() => fetch('/auth/signout', { method: 'POST', body: new URLSearchParams({ scope: 'local' }) }));
  await expect(ended(page)).toBeVisible();
  await page.evaluate(() => history.back());
  await expect(page).toHaveURL(`${suite.partner}/protected`);
  await expect(ended(page)).toBeVisible();
  await expect(page.getByText(SECRET)).toHaveCount(0);
});

test('the next click detects a session that the server no longer knows', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/401/, /ERR_FAILED/);
  await member(page, suite);
  // The page hears nothing of the end: its stream and its own questions are cut off.
  await page.route('**/auth/events**', (route) => route.abort());
  await page.context().clearCookies({ name: /session$/ });
  await link(page, 'Dashboard').click();
  await expect(ended(page)).toBeVisible();
  await expect(page).toHaveURL(`${suite.partner}/public`);
  await expect(page.getByRole('heading', { name: 'Your dashboard' })).toHaveCount(0);
});
