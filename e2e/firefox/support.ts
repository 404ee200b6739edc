// The main journeys in Firefox. Playwright's own Firefox is a patched build that is not available everywhere,
// and Playwright cannot drive a released Firefox. Puppeteer can, over WebDriver BiDi. Playwright stays the
// test runner, and the suite is started as for the other journeys.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from '@playwright/test';
import { type Browser, type BrowserContext, type Page, launch } from 'puppeteer-core';
import { FIRST_OFFSET, withPorts } from '../support';
import { type Suite, startSuite } from '../suite';

export { expect };
export type { Page, Suite };

const installed = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];
const executablePath = process.env['FIREFOX'] ?? installed.find((path) => existsSync(path)) ?? 'firefox';

interface WorkerFixtures {
  /** As for the other journeys. */
  suiteArgs: string[];
  suite: Suite;
  firefox: Browser;
}

interface TestFixtures {
  /** The first page of a browser without cookies. */
  visitor: Page;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  suiteArgs: [[], { option: true, scope: 'worker' }],

  suite: [
    async ({ suiteArgs }, use, worker) => {
      const offset = FIRST_OFFSET + 10 * worker.parallelIndex;
      const suite = await startSuite({ offset, args: withPorts(suiteArgs, offset) });
      await use(suite);
      await suite.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  firefox: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
    async ({}, use) => {
      const userDataDir = await mkdtemp(join(tmpdir(), 'firefox-'));
      const firefox = await launch({ browser: 'firefox', executablePath, headless: true, userDataDir });
      await use(firefox);
      await firefox.close();
      await rm(userDataDir, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  visitor: async ({ firefox }, use) => {
    const context = await firefox.createBrowserContext();
    await use(await context.newPage());
    await context.close();
  },
});

/** Waits until this text is visible on the page. */
export const shows = (page: Page, text: string): Promise<void> =>
  expect.poll(() => visibleText(page), { message: `the page shows "${text}"`, timeout: 15_000 }).toContain(text);

export const visibleText = (page: Page): Promise<string> =>
  // A page that is navigating cannot be evaluated.
  page.evaluate(() => document.body?.innerText ?? '').catch(() => '');

/**
 * Presses the first visible button or link with exactly this text. A final `…` matches any rest of the text.
 */
export async function press(page: Page, name: string): Promise<void> {
  const find = (wanted: string) => {
    const begins = wanted.endsWith('…') ? wanted.slice(0, -1) : undefined;
    const controls = [...document.querySelectorAll<HTMLElement>('button, a[href]')];
    return controls.find((control) => {
      const text = (control.textContent ?? '').trim();
      return control.checkVisibility() && (begins === undefined ? text === wanted : text.startsWith(begins));
    });
  };
  await page.waitForFunction(find, { timeout: 15_000 }, name);
  const control = (await page.evaluateHandle(find, name)).asElement();
  if (control === null) throw new Error(`no visible button or link is called ${name}`);
  await (control as unknown as { click: () => Promise<void> }).click();
}

/**
 * Opens `url`, and waits until the page that the server answers with is loaded. In a tab that shows a hydrated page,
 * Puppeteer's own `goto` can wait for ever, although the next page is there and its `readyState` is `complete`.
 */
export async function open(page: Page, url: string): Promise<void> {
  if (page.url() === 'about:blank') {
    await page.goto(url);
    return;
  }
  // A page that is navigating cannot be evaluated, or has no element yet.
  const leave = (to: string) => {
    if (document.readyState === 'loading') return false;
    document.documentElement.dataset['left'] = 'true';
    location.assign(to);
    return true;
  };
  await expect.poll(() => page.evaluate(leave, url).catch(() => false), { timeout: 15_000 }).toBe(true);
  const isNew = () => document.readyState === 'complete' && document.documentElement.dataset['left'] === undefined;
  await expect.poll(() => page.evaluate(isNew).catch(() => false), { timeout: 15_000 }).toBe(true);
}

/** Waits until the page is at this address. */
export const at = (page: Page, url: string): Promise<void> =>
  expect.poll(() => page.url(), { message: `the page is at ${url}`, timeout: 15_000 }).toBe(url);

/** Signs in by hand at the app `origin`; ends at `path`. */
export async function signInAs(page: Page, user: 'Alice' | 'Bob', origin: string, path = '/'): Promise<void> {
  await open(page, `${origin}/login?callbackUrl=${encodeURIComponent(path)}`);
  await press(page, 'Sign in with…');
  await press(page, `Continue as ${user}`);
  await at(page, origin + path);
  await shows(page, user);
}

/** Signs out by hand at the app `origin`. Ends when the browser is back from the provider, which has then ended its session. */
export async function signOut(page: Page, origin: string): Promise<void> {
  await open(page, `${origin}/public`);
  await press(page, 'Sign out');
  await at(page, `${origin}/signed-out`);
}

/** Opens `url` in a new tab of the same browser, and waits until it watches its session. */
export async function openWatching(context: BrowserContext, url: string): Promise<Page> {
  const tab = await context.newPage();
  await open(tab, url);
  await tab.waitForSelector('.session-watch[data-ready=true]', { timeout: 15_000 });
  return tab;
}

/** Asks the page's app for the status of this browser's session. */
export const statusHere = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const response = await fetch('/api/get-session-status?peek=1');
    return ((await response.json()) as { status: number }).status;
  });
