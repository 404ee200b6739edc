// Islands: the main app's pages are rendered on the server, and what reacts in the browser is an island. All islands of a
// page share one session.
import { remains } from '../remains';
import {
  type Page,
  type Suite,
  awake,
  countDocuments,
  expect,
  expectSignedIn,
  header,
  signInAs,
  signOutAt,
  test,
} from '../support';
import { controls, ended, openWatching, reading, watching } from '../tabs';

/** A number that no page contains by chance. */
const MARKER = '73219001';

const number = (page: Page) => page.getByRole('spinbutton', { name: 'Favourite number' });
const save = (page: Page) => page.getByRole('button', { name: 'Save' });

/** Signs Alice in, and saves the marker. */
async function withNumber(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await watching(page);
  await number(page).fill(MARKER);
  await save(page).click();
  await expect(page.getByText('Saved.')).toBeVisible();
}

/** Counts what a page requests, by path. */
function requestsOf(page: Page): string[] {
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

test('a page loads the watch or its islands, never both, and other pages load neither', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const paths = requestsOf(page);
  const scripts = async (url: string) => {
    paths.length = 0;
    await page.goto(url);
    if ((await page.locator('.session-watch').count()) > 0) await watching(page);
    return [...new Set(paths.filter((path) => /[.](js|wasm)$/.test(path)))].sort();
  };
  for (const path of ['/', '/public', '/protected']) {
    expect(await scripts(suite.main + path), path).toEqual(['/pkg/watch.js', '/pkg/watch.wasm']);
  }
  for (const path of ['/dashboard', '/session']) {
    expect(await scripts(suite.main + path), path).toEqual(['/pkg/app.js', '/pkg/app.wasm']);
  }
  // Sign-in forms have a few lines that keep the fragment of the wanted page.
  for (const url of [`${suite.main}/login`, `${suite.main}/ssr-login`]) {
    expect(await scripts(url), url).toEqual(['/auth/sign-in.js']);
  }
  for (const url of [`${suite.main}/signed-out`, `${suite.identity}/`]) {
    expect(await scripts(url), url).toEqual([]);
  }
});

test('islands begin with what the server rendered, without a request, and the console is silent', async ({ page, context, suite }) => {
  await withNumber(page, suite);
  for (const path of ['/dashboard', '/session']) {
    const tab = await context.newPage();
    const lines: string[] = [];
    tab.on('console', (message) => lines.push(message.text()));
    tab.on('pageerror', (error) => lines.push(error.message));
    // A tab asks when it begins to listen, since it may have missed events. The page must not need the answer.
    await tab.route('**/auth/session', () => {});
    await tab.addInitScript(() => {
      document.addEventListener('DOMContentLoaded', () => Object.assign(window, { first: document.body.innerText }));
    });
    const paths = requestsOf(tab);
    await tab.goto(suite.main + path);
    await watching(tab);
    const [first, now] = await tab.evaluate(() => [(window as unknown as { first: string }).first, document.body.innerText]);
    if (path === '/dashboard') expect(now).toBe(first);
    expect(first, path).toContain(path === '/dashboard' ? `It is ${MARKER}.` : 'This browser');
    expect(paths.filter((sent) => sent.startsWith('/api/')), path).toEqual([]);
    expect(lines, path).toEqual([]);
    await tab.close();
  }
});

test('one watch serves all islands of a page', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/public');
  // The watch of that page may be about to open its stream.
  await page.goto('about:blank');
  const paths = requestsOf(page);
  await page.goto(`${suite.main}/session`);
  await expect(reading(page, 'stream')).toHaveText('session');
  expect(await page.locator('leptos-island').count()).toBeGreaterThanOrEqual(5);
  expect(paths.filter((path) => path === '/auth/events')).toHaveLength(1);
  expect(await page.evaluate(async () => (await navigator.locks.query()).held?.length)).toBe(1);
});

test('no token stands in the data that the islands begin with', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  const html = await (await page.request.get(`${suite.main}/dashboard`)).text();
  expect(html).toContain('id="session-data"');
  for (const { name, value, httpOnly } of await page.context().cookies(suite.main)) {
    if (httpOnly) expect(html.includes(value), `the value of ${name}`).toBe(false);
  }
  expect(html).not.toMatch(/eyJ[\w-]+\.|access_token|refresh_token|id_token/);
});

test('a save shows its result without loading a document, and reaches the other tab', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  const other = await openWatching(context, `${suite.main}/dashboard`);
  await page.reload();
  await watching(page);
  const loads = countDocuments(page);
  await number(page).fill('31');
  await save(page).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(page.getByText('It is 31.')).toBeVisible();
  await expect(other.getByText('It is 31.')).toBeVisible();
  expect(loads()).toBe(0);
});

test('input that the server refuses is explained, and changes nothing', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 400/);
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await watching(page);
  await number(page).evaluate((input: HTMLInputElement) => (input.type = 'text'));
  await page.getByRole('textbox', { name: 'Favourite number' }).fill('seven');
  await save(page).click();
  await expect(page.getByRole('alert')).toContainText('Please enter a whole number');
  await expect(page.getByText('You have not told us yet.')).toBeVisible();
});

test('a form that is posted before its island has started is an ordinary form', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  await page.route('**/pkg/app.wasm', () => {});
  await page.goto(`${suite.main}/dashboard`, { waitUntil: 'domcontentloaded' });
  await number(page).fill('32');
  await save(page).click();
  await expect(page).toHaveURL(`${suite.main}/dashboard?saved=yes`);
  await expect(page.getByText('It is 32.')).toBeVisible();
});

test('401: a call of an island makes the page ask for its session, and end with it', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/401/, /ERR_FAILED/);
  await signInAs(page, 'Alice', suite.main);
  // The page hears nothing of the end.
  await page.route('**/auth/events**', (route) => route.abort());
  await page.goto(`${suite.main}/dashboard`);
  await watching(page);
  await page.context().clearCookies({ name: /session$/ });
  await number(page).fill('33');
  await save(page).click();
  await expect(ended(page)).toBeVisible();
  await expect(number(page)).toHaveCount(0);
});

test('at the end nothing of the user is left, no island asks again, and the page comes back', async ({ page, context, suite }) => {
  await withNumber(page, suite);
  for (const path of ['/dashboard', '/session']) {
    const tab = await openWatching(context, suite.main + path);
    expect(await remains(tab, MARKER)).not.toEqual([]);
    const paths = requestsOf(tab);
    await signOutAt(page, suite.main);
    await expect(ended(tab)).toBeVisible();
    await expect(ended(tab)).toBeFocused();
    expect(await remains(tab, MARKER)).toEqual([]);
    expect(await controls(tab)).toEqual(['link: Sign in again']);
    await expect(tab).toHaveTitle('Signed out');
    expect(paths.filter((sent) => sent.startsWith('/api/'))).toEqual([]);
    await expect(tab.getByRole('main')).toHaveCount(1);

    await signInAs(page, 'Alice', suite.main);
    await expectSignedIn(tab, 'Alice');
    await expect(tab).toHaveURL(suite.main + path);
    await expect(ended(tab)).toHaveCount(0);
    await tab.close();
  }
});

test('another user sees nothing of the first one, and goes on with a click', async ({ page, context, suite }) => {
  await withNumber(page, suite);
  const tab = await openWatching(context, `${suite.main}/dashboard`);
  await signOutAt(page, suite.main);
  await expect(ended(tab)).toBeVisible();
  await signInAs(page, 'Bob', suite.main);
  await expect(tab.getByText('Another user signed in.')).toBeVisible();
  expect(await remains(tab, MARKER)).toEqual([]);
  expect(await controls(tab)).toEqual(['link: Sign in again', 'link: Go on as the other user']);
  await tab.getByRole('link', { name: 'Go on as the other user' }).click();
  await expectSignedIn(tab, 'Bob');
  await expect(tab.getByText('You have not told us yet.')).toBeVisible();
});

test('a click on a link asks first: the page stays when the session has ended elsewhere', async ({ page, context, suite, expectedErrors }) => {
  expectedErrors.push(/ERR_FAILED/);
  await signInAs(page, 'Alice', suite.main);
  await page.route('**/auth/events**', (route) => route.abort());
  await page.goto(`${suite.main}/dashboard`);
  await awake(page);
  await context.request.post(`${suite.main}/auth/signout`, { headers: { origin: suite.main }, form: { scope: 'local' } });
  await header(page).getByRole('link', { name: 'Protected' }).click();
  await expect(ended(page)).toBeVisible();
  await expect(page).toHaveURL(`${suite.main}/dashboard`);
  await expect(number(page)).toHaveCount(0);
});

test('ending a session updates the list in its place', async ({ page, browser, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  const others = page.getByRole('button', { name: 'End all other sessions' });
  if ((await others.count()) > 0) await others.click();
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  const elsewhere = await browser.newContext();
  const stranger = await elsewhere.newPage();
  await signInAs(stranger, 'Alice', suite.main, '/dashboard');
  await page.reload();
  await watching(page);
  const loads = countDocuments(page);
  await page.getByRole('button', { name: /^End this session/ }).click();
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  await expect(ended(stranger)).toBeVisible();
  expect(loads()).toBe(0);
  await elsewhere.close();
});

test('the countdown follows the session, and "Check now" shows both answers', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  await watching(page);
  const countdown = page.locator('.countdown');
  const first = await countdown.textContent();
  await expect(countdown).not.toHaveText(first ?? '');
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByText('{"status":200}')).toBeVisible();
  await expect(page.getByText('"name":"Alice Adams"')).toBeVisible();
});
