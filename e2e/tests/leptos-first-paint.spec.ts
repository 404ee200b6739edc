// A hydrated Leptos app (partner) begins in the browser with the session that its server rendered: no flash, no
// mismatch, no extra request. The status and the headers are decided before the page is streamed.
import type { APIResponse, Page } from '@playwright/test';
import { expect, signInAs, test } from '../support';
import { watching } from '../tabs';

const PUBLIC = ['/', '/public', '/login', '/ssr-login', '/ssr-logout', '/signed-out'];
const GUARDED = ['/protected', '/session', '/dashboard', '/dashboard/number'];

/** Everything that the console says, errors or not. A mismatch at hydration is reported there. */
function console(page: Page): string[] {
  const lines: string[] = [];
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => lines.push(`error: ${error.message}`));
  return lines;
}

/** Asks the server for a page with the browser's cookies. Only browsers resolve every `*.localhost`. */
async function get(page: Page, origin: string, path: string): Promise<APIResponse> {
  const { host, port } = new URL(origin);
  const cookies = await page.context().cookies(origin);
  const headers = { host, accept: 'text/html', cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
  return page.request.get(`http://127.0.0.1:${port}${path}`, { headers, maxRedirects: 0 });
}

/** Records the visible text when the page has been parsed, before the app's script runs. */
async function recordFirstPaint(page: Page): Promise<void> {
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => Object.assign(window, { firstText: document.body.innerText }), {
      capture: true,
      once: true,
    });
  });
}

async function expectSilentFirstPaint(page: Page, origin: string, path: string): Promise<void> {
  const lines = console(page);
  // A tab asks when it begins to listen, since it may have missed events. The page must not need the answer.
  await page.route('**/auth/session', () => {});
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(origin + path);
  await watching(page);
  const text = await page.evaluate(() => [(window as unknown as { firstText: string }).firstText, document.body.innerText]);
  expect(text[1], path).toBe(text[0]);
  expect(lines, path).toEqual([]);
  expect(requests.filter((sent) => sent.startsWith('/api/')), `${path}: the page brings its data`).toEqual([]);
}

test('a guest gets the same page from the server and from the hydrated app', async ({ page, suite }) => {
  await recordFirstPaint(page);
  for (const path of PUBLIC) await expectSilentFirstPaint(page, suite.partner, path);
});

test('a signed-in user gets the same page from the server and from the hydrated app', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/protected');
  for (const path of [...PUBLIC, ...GUARDED]) {
    const tab = await context.newPage();
    await recordFirstPaint(tab);
    await expectSilentFirstPaint(tab, suite.partner, path);
    await expect(tab.getByRole('banner').getByText('Alice Adams')).toBeVisible();
    await tab.close();
  }
});

test('the page carries the session as data, and no token', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  const response = await get(page, suite.partner, '/dashboard');
  const html = await response.text();
  expect(html).toContain('Alice Adams');
  const cookies = await page.context().cookies(suite.partner);
  for (const { name, value } of cookies.filter(({ httpOnly }) => httpOnly)) {
    expect(html.includes(value), `the value of ${name}`).toBe(false);
  }
  expect(html).not.toMatch(/eyJ[\w-]+\.|access_token|refresh_token|id_token/);
});

test('status and headers are decided before a page is streamed, and its scripts have the nonce', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  for (const path of ['/dashboard', '/session', '/protected']) {
    const response = await get(page, suite.partner, path);
    const html = await response.text();
    expect(response.status(), path).toBe(200);
    expect(response.headers()['cache-control'], path).toContain('no-store');
    const policy = response.headers()['content-security-policy'] ?? '';
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect(nonce, path).toBeDefined();
    expect(policy, 'the directive that the app adds').toContain("font-src 'self'");
    for (const [script] of html.matchAll(/<script\b[^>]*>/g)) expect(script, path).toContain(`nonce="${nonce}"`);
  }
});

test('a page that is streamed out of order has its data in the same answer', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/session');
  const html = await (await get(page, suite.partner, '/session')).text();
  const count = /In (this browser only|\d+ browsers)/;
  expect(html).toMatch(count);
  // Leptos writes the placeholder only if the data is not there in time; then the data follows after the page.
  if (html.includes('Counting your browsers')) {
    expect(html.search(count)).toBeGreaterThan(html.indexOf('Ask the server now'));
  }
  await expect(page.getByText(count)).toBeVisible();
  await expect(page.getByText('Counting your browsers')).toBeHidden();
});

test('a page that is streamed in order has its data in its place', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  const html = await (await get(page, suite.partner, '/dashboard')).text();
  expect(html).not.toContain('Loading your notes');
  const notes = html.indexOf('You have no notes yet');
  expect(notes).toBeGreaterThan(html.indexOf('id="notes-title"'));
  expect(notes).toBeLessThan(html.indexOf('Remove all notes'));
  await expect(page.getByText('You have no notes yet')).toBeVisible();
});

test('a guest who loads a guarded page is redirected with an empty body, nested pages too', async ({ page, suite }) => {
  for (const path of [...GUARDED, '/dashboard/unknown']) {
    const response = await get(page, suite.partner, path);
    expect(response.status(), path).toBe(303);
    expect(await response.text(), path).toBe('');
  }
});

test('an unknown address is a 404 page with the style of the app, and without a script', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/404/);
  await signInAs(page, 'Alice', suite.partner, '/');
  const response = await page.goto(`${suite.partner}/no-such-page`);
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
  await expect(page.locator('script[src], link[rel=modulepreload]')).toHaveCount(0);
});

test('without JavaScript a guest signs in, adds a note with a form, and signs out', async ({ browser, suite }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${suite.partner}/ssr-login`);
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.partner}/`);
  await page.goto(`${suite.partner}/dashboard`);
  await page.getByLabel('New note').fill('written without a script');
  await page.getByRole('button', { name: 'Add' }).click();
  // Leptos redirects to the page of the form, with a `?`.
  await page.waitForURL(/\/dashboard[?]$/);
  await expect(page.getByRole('listitem').filter({ hasText: 'written without a script' })).toBeVisible();
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await context.close();
});
