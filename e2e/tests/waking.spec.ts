// After a sleep, a return from the back/forward cache, a freeze or a lost network, the page asks the server
// before it shows its old content.
import type { BrowserContext } from '@playwright/test';
import config from '../playwright.config';
import { awake, expect, signInAs, signOutButton, test } from '../support';
import { endFromElsewhere, ended, freeze, openWatching, otherDevice, sleepAnHour, watchFrames } from '../tabs';

test.use({
  launchOptions: { ...config.use?.launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

/** A page with the watch only, and a page with islands; each with content that only a signed-in user may see. */
const PAGES = [
  { path: '/protected', file: 'watch', content: 'Only signed-in users see this page' },
  { path: '/dashboard', file: 'app', content: 'Your favourite number' },
];

/**
 * Pages with a session are `no-store`. Chromium does not keep such pages in the back/forward cache, but
 * Safari and others do. This function changes the header, so that Chromium keeps them too.
 */
async function allowBackForwardCache(context: BrowserContext): Promise<void> {
  await context.route(/\/(protected|dashboard|login|auth\/session)$/, async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    await route.fulfill({ response, headers: { ...response.headers(), 'cache-control': 'no-cache' } });
  });
}

for (const { path, file, content } of PAGES) {
  test.describe(path, () => {
    test('back from the back/forward cache, a page whose session has ended never shows its content', async ({ page, context, suite }) => {
      await signInAs(page, 'Alice', suite.main, path);
      await allowBackForwardCache(context);
      await page.goto('about:blank');
      const tab = await openWatching(context, suite.main + path);
      const frames = await watchFrames(tab, content);
      await tab.evaluate((url) => (location.href = url), `${suite.main}/login`);
      await tab.waitForURL(`${suite.main}/login`);
      const device = await otherDevice(page, suite.main);
      await endFromElsewhere(device, suite.main);
      // `goBack` waits for a load that a page from the cache does not have.
      await tab.evaluate(() => history.back());
      await expect(ended(tab)).toBeVisible();
      const found = await frames().catch(() => undefined);
      expect(found?.persisted, 'the page was in the back/forward cache').toBe(true);
      expect(found?.seen).toBe(false);
      expect(found?.frames).toBeGreaterThan(0);
      await device.context().close();
    });

    test('back from the back/forward cache, a page with a live session shows again and watches', async ({
      page,
      context,
      suite,
    }) => {
      await signInAs(page, 'Alice', suite.main, path);
      await allowBackForwardCache(context);
      await page.goto('about:blank');
      const tab = await openWatching(context, suite.main + path);
      const frames = await watchFrames(tab, content);
      await tab.evaluate((url) => (location.href = url), `${suite.main}/login`);
      await tab.waitForURL(`${suite.main}/login`);
      const listens = tab.waitForRequest(`${suite.main}/auth/events`);
      // `goBack` waits for a load that a page from the cache does not have.
      await tab.evaluate(() => history.back());
      await expect(tab.getByText(content)).toBeVisible();
      expect((await frames()).persisted).toBe(true);
      await listens;
      await page.goto(`${suite.main}/ssr-logout`);
      await signOutButton(page).last().click();
      await expect(ended(tab)).toBeVisible();
    });

    test('while the server is unreachable the page stays covered', async ({ page, context, suite, expectedErrors }) => {
      expectedErrors.push(/ERR_INTERNET_DISCONNECTED|Failed to load resource/);
      await signInAs(page, 'Alice', suite.main, path);
      await allowBackForwardCache(context);
      await page.goto('about:blank');
      const tab = await openWatching(context, suite.main + path);
      await tab.evaluate((url) => (location.href = url), `${suite.main}/login`);
      await tab.waitForURL(`${suite.main}/login`);
      // A routed request would be answered even offline, so the route is removed first.
      await context.unroute(/\/(protected|dashboard|login|auth\/session)$/);
      await context.setOffline(true);
      // `goBack` waits for a load that a page from the cache does not have.
      await tab.evaluate(() => history.back());
      await expect(tab.getByText('Checking your session…')).toBeVisible();
      await expect(tab.getByText(content)).toBeHidden();
      await expect(tab.getByRole('banner').getByText('Alice').first()).toBeHidden();
      await context.setOffline(false);
      await expect(tab.getByText(content)).toBeVisible();
      await expect(tab.getByText('Checking your session…')).toBeHidden();
    });

    test('a tab that was frozen shows nothing before it has asked the server', async ({ page, context, suite }) => {
      await signInAs(page, 'Alice', suite.main, path);
      await page.goto('about:blank');
      const tab = await openWatching(context, suite.main + path);
      const frames = await watchFrames(tab, content);
      const frozen = await freeze(tab);
      const device = await otherDevice(page, suite.main);
      await endFromElsewhere(device, suite.main);
      await frozen.thaw();
      await expect(ended(tab)).toBeVisible();
      expect((await frames()).seen).toBe(false);
      await device.context().close();
    });

    test('a tab that was offline asks the server as soon as it is online', async ({ page, context, suite, expectedErrors }) => {
      expectedErrors.push(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|Failed to load resource/);
      await signInAs(page, 'Alice', suite.main, path);
      await page.goto('about:blank');
      const tabs = [await openWatching(context, suite.main + path), await openWatching(context, suite.main + path)];
      await context.setOffline(true);
      const device = await otherDevice(page, suite.main);
      await endFromElsewhere(device, suite.main);
      for (const tab of tabs) await expect(ended(tab)).toHaveCount(0);
      await context.setOffline(false);
      for (const tab of tabs) await expect(ended(tab)).toBeVisible();
      await device.context().close();
    });

    test('after the machine slept, the page is covered until the server has answered', async ({ page, context, suite }) => {
      await signInAs(page, 'Alice', suite.main, path);
      await page.goto('about:blank');
      const tab = await openWatching(context, suite.main + path);
      let go = () => {};
      const held = new Promise<void>((resolve) => (go = resolve));
      await tab.route(`${suite.main}/auth/session`, async (route) => {
        await held;
        await route.continue();
      });
      await sleepAnHour(tab);
      await expect(tab.getByText('Checking your session…')).toBeVisible();
      await expect(tab.getByText(content)).toBeHidden();
      go();
      await expect(tab.getByText(content)).toBeVisible();
    });

    test('a tab whose script loads late asks the server before it follows another tab', async ({ page, context, suite }) => {
      await signInAs(page, 'Alice', suite.main, path);
      await page.goto('about:blank');
      await openWatching(context, suite.main + path);
      const device = await otherDevice(page, suite.main);
      const late = await context.newPage();
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      await late.route(`**/pkg/${file}.wasm`, async (route) => {
        await held;
        await route.continue();
      });
      await late.goto(`${suite.main}${path}?late`);
      await endFromElsewhere(device, suite.main);
      await expect(late.getByText(content)).toBeVisible();
      release();
      await expect(ended(late)).toBeVisible();
      await expect(late.getByText(content)).toHaveCount(0);
      await device.context().close();
    });
  });
}

test('a script that could not be loaded is loaded again', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource: net::ERR_FAILED/, /Failed to fetch/);
  for (const file of ['watch.wasm', 'watch.js']) {
    await page.route(`**/pkg/${file}*`, (route) => route.abort(), { times: 1 });
    await page.goto(suite.main);
    await awake(page);
  }
});
