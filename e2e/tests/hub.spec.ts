// Article 4's iframe app: apps of one site tell each other about sign-ins and sign-outs, through the hub, a
// frame of identity. Browsers give a frame of another site a separate storage, so the hub is not used there.
import { brotliCompressSync } from 'node:zlib';
import type { BrowserContext } from '@playwright/test';
import { type Page, expect, expectSignedIn, openForeignPage, signInAs, signOutButton, test } from '../support';
import { ended, openWatching, reading, watching } from '../tabs';

const frameOf = (page: Page, origin: string) =>
  page.frames().find((frame) => new URL(frame.url() || 'about:blank').pathname === '/hub' && frame.url().startsWith(origin));

/** Blocks the events that identity sends from server to server, so that only the hub is tested. */
async function withoutStreams(context: BrowserContext): Promise<void> {
  await context.route(/\/auth\/events\?waiting$/, (route) => route.fulfill({ status: 204 }));
}

test('through the hub, a tab of store follows a sign-out and a sign-in on games', async ({
  page,
  context,
  suite,
}) => {
  await withoutStreams(context);
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('ready');
  const store = await openWatching(context, `${suite.store}/session`);
  await expect(reading(store, 'hub')).toHaveText('ready');
  await signOutButton(page).first().click();
  await expect(ended(store)).toBeVisible();
  await page.waitForURL(`${suite.games}/signed-out`);
  await signInAs(page, 'Alice', suite.games, '/session');
  await expectSignedIn(store, 'Alice');
  await expect(store).toHaveURL(`${suite.store}/session`);
  const state = await frameOf(page, suite.identityWow)?.evaluate(() => localStorage.getItem('auth-hub/1'));
  expect(state).toMatch(/^in \d+$/);
});

test('a tab asks its server about each hub message', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('ready');
  const asked = page.waitForResponse(`${suite.games}/auth/session`);
  // Simulates a false message from another app of the site.
  const store = await openWatching(context, `${suite.store}/session`);
  await expect(reading(store, 'hub')).toHaveText('ready');
  await store.evaluate((origin) => {
    const frame = [...document.querySelectorAll('iframe')].find((found) => found.src.startsWith(origin));
    frame?.contentWindow?.postMessage('hub/1 set out', origin);
  }, suite.identityWow);
  await asked;
  await expect(page.locator('.tab-events li[data-source=hub][data-event=out]')).not.toHaveCount(0);
  await expect(signOutButton(page).first()).toBeVisible();
  await expect(ended(page)).toHaveCount(0);
});

test('the page accepts messages only from the hub, and the hub only from its parent page', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('ready');
  let questions = 0;
  page.on('request', (request) => {
    if (request.url() === `${suite.games}/auth/session`) questions += 1;
  });
  await page.evaluate(() => {
    for (const line of ['hub/1 state out 1', 'hub/1 aside blocked', 'hub/2 state out 1', '', 'x'.repeat(9_999)]) {
      window.postMessage(line, '*');
    }
    // A sandboxed frame is another source, with the origin "null".
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    document.body.append(frame);
  });
  const hub = frameOf(page, suite.identityWow);
  if (hub === undefined) throw new Error('there is no hub');
  const before = await hub.evaluate(() => localStorage.getItem('auth-hub/1'));
  await hub.evaluate(() => {
    // This message does not come from the parent.
    window.postMessage('hub/1 set out', '*');
  });
  await page.evaluate((origin) => {
    const target = document.querySelector<HTMLIFrameElement>(`iframe[src^="${origin}"]`)?.contentWindow;
    for (const message of ['hub/2 set out', 'hub/1 set away', 'hub/1 set out now', 'set out', { kind: 'set' }, 'x'.repeat(9_999)]) {
      target?.postMessage(message, origin);
    }
  }, suite.identityWow);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
  expect(await hub.evaluate(() => localStorage.getItem('auth-hub/1'))).toBe(before);
  expect(questions).toBe(0);
  await expect(reading(page, 'hub')).toHaveText('ready');
});

test('a flood of messages is cut off', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('ready');
  const hub = frameOf(page, suite.identityWow);
  if (hub === undefined) throw new Error('there is no hub');
  await hub.evaluate(() => {
    const set = Storage.prototype.setItem;
    Object.assign(window, { writes: 0 });
    Storage.prototype.setItem = function (this: Storage, ...entry) {
      (window as unknown as { writes: number }).writes += 1;
      set.apply(this, entry);
    };
  });
  await page.evaluate((origin) => {
    const target = document.querySelector<HTMLIFrameElement>(`iframe[src^="${origin}"]`)?.contentWindow;
    for (let flood = 0; flood < 1_000; flood += 1) target?.postMessage('hub/1 set in', origin);
  }, suite.identityWow);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
  const writes = await hub.evaluate(() => (window as unknown as { writes: number }).writes);
  expect(writes).toBeLessThanOrEqual(20);
  expect(writes).toBeGreaterThan(0);
});

test('a hub with blocked storage is not used, and the app works without it', async ({ page, context, suite }) => {
  await context.addInitScript(() => {
    if (location.pathname !== '/hub') return;
    const blocked = () => {
      throw new DOMException('blocked', 'SecurityError');
    };
    Object.defineProperty(window, 'localStorage', { get: blocked });
  });
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('aside');
  expect(frameOf(page, suite.identityWow)).toBeUndefined();
  const other = await openWatching(context, `${suite.games}/dashboard`);
  await signOutButton(page).first().click();
  await expect(ended(other)).toBeVisible();
});

test('a hub with full storage is not used, and the app works without it', async ({ page, context, suite }) => {
  await context.addInitScript(() => {
    if (location.pathname !== '/hub') return;
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('aside');
  await expect(signOutButton(page).first()).toBeVisible();
});

test('an app on another site loads no hub', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/session');
  await watching(page);
  await expect(page.locator('iframe')).toHaveCount(0);
});

test('only registered apps of its site may frame the hub', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/frame|Content Security Policy|ERR_BLOCKED_BY_RESPONSE/i);
  const policy = async (origin: string) =>
    (await page.goto(`${origin}/hub`))?.headers()['content-security-policy'] ?? '';
  expect(await policy(suite.identityWow)).toContain(`frame-ancestors ${suite.games} ${suite.store};`);
  expect(await policy(suite.identity)).toContain(`frame-ancestors ${suite.main};`);
  await openForeignPage(page, `<iframe src="${suite.identityWow}/hub"></iframe>`);
  const frame = page.frames().find((candidate) => candidate !== page.mainFrame());
  await expect.poll(() => frame?.url() ?? '').toMatch(/^chrome-error:|^$/);
});

test('the hub is small, and one tab loads it after the first paint', async ({ page, context, suite }) => {
  const bodies = [];
  for (const path of ['/hub', '/hub.js']) {
    const response = await page.goto(suite.identityWow + path);
    bodies.push((await response?.body()) ?? Buffer.alloc(0));
  }
  const bytes = bodies.map((body) => brotliCompressSync(body).length);
  console.log(`the hub: ${bytes.join(' + ')} bytes brotli`);
  expect(bytes.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(2_048);
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('ready');
  const second = await openWatching(context, `${suite.games}/session`);
  await expect(reading(second, 'role')).toHaveText('follows');
  await expect(second.locator('iframe')).toHaveCount(0);
  const [painted, loaded] = await page.evaluate(() => {
    const frame = performance.getEntriesByType('resource').find((entry) => entry.name.endsWith('/hub'));
    return [performance.getEntriesByName('first-contentful-paint')[0]?.startTime, frame?.startTime];
  });
  expect(loaded).toBeGreaterThan(painted ?? Infinity);
});
