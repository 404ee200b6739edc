// Shared by the journeys about tabs: opens tabs that watch their session, and reads their state on /session.
import { type BrowserContext, type Locator, type Page, expect } from '@playwright/test';
import { signInAs } from './support';

/** The heading of a tab whose session has ended. */
export const ended = (page: Page): Locator => page.getByRole('heading', { name: 'You have been signed out' });
/** Waits until the page watches its session. */
export const watching = (page: Page): Promise<void> =>
  page.locator('.session-watch[data-ready=true]').waitFor({ state: 'attached' });

/** Opens `url` and waits until the tab watches its session. */
export async function openWatching(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await watching(page);
  return page;
}

/** The visible links and buttons below the header, including dialogs: "link: Home", "button: Save". */
export const controls = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const visible = [...document.querySelectorAll<HTMLElement>('a[href], button, summary, [role=button]')].filter(
      (control) => control.checkVisibility() && control.closest('.site-header, .skip-link') === null,
    );
    return visible.map((control) => {
      const kind = control.matches('a') ? 'link' : 'button';
      return `${kind}: ${(control.getAttribute('aria-label') ?? control.textContent ?? '').trim().replace(/\s+/g, ' ')}`;
    });
  });

/** One of the live readings of `/session`. */
export const reading = (page: Page, name: string): Locator => page.locator(`.tab-panel [data-tab=${name}]`);

/**
 * Waits until exactly one of these tabs leads, and returns the leader and the followers. All tabs must be at
 * `/session`.
 */
export async function leaderOf(tabs: Page[]): Promise<{ leader: Page; followers: Page[] }> {
  let roles: (string | null)[] = [];
  const look = async () => {
    roles = await Promise.all(tabs.map((tab) => reading(tab, 'role').textContent()));
    return roles.filter((role) => role === 'leads').length;
  };
  await expect.poll(look).toBe(1);
  const index = roles.indexOf('leads');
  const leader = tabs[index];
  if (leader === undefined) throw new Error('there is no leader');
  return { leader, followers: tabs.filter((tab) => tab !== leader) };
}

/** Signs Alice in on another device, which can end her other sessions. */
export async function otherDevice(page: Page, origin: string): Promise<Page> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('there is no browser');
  const device = await (await browser.newContext()).newPage();
  await signInAs(device, 'Alice', origin);
  return device;
}

/** Ends the first browser's session from another device, so no cookie changes in the first browser. */
export async function endFromElsewhere(device: Page, origin: string): Promise<void> {
  await device.goto(`${origin}/session`);
  await device.getByRole('button', { name: 'End all other sessions' }).click();
  await expect(device.getByText('You are signed in nowhere else.')).toBeVisible();
}

/** The time, by this machine's clock, at which a tab first has an element for `selector`. */
export function shownAt(page: Page, selector: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (document.querySelector(wanted) !== null) resolve(Date.now());
        };
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
        look();
      }),
    selector,
  );
}

/** The value below which `share` of the values lie. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * Puts a tab into the background and freezes it, as browsers do with tabs that stay hidden for long.
 * Playwright keeps every page in front ("focus emulation"), and a page in front is never frozen. So this
 * function switches focus emulation off, through Playwright's internal session.
 */
export async function freeze(page: Page): Promise<{ thaw: () => Promise<void> }> {
  interface Inside {
    _connection: {
      toImpl: (page: Page) => {
        delegate: { _mainFrameSession: { _client: { send: (method: string, params: object) => Promise<void> } } };
      };
    };
  }
  const session = (page as unknown as Inside)._connection.toImpl(page).delegate._mainFrameSession._client;
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const front = page.context().pages().find((other) => other !== page && !other.isClosed());
  await front?.bringToFront();
  await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe('hidden');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  return {
    thaw: async () => {
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
      await session.send('Emulation.setFocusEmulationEnabled', { enabled: true });
      await page.bringToFront();
    },
  };
}

/** What `watchFrames` has found: whether the content was visible, whether the page is back from the cache. */
export interface Frames {
  seen: boolean;
  persisted: boolean;
  frames: number;
}

/**
 * Checks at every painted frame whether the page shows this content. Returns a function that reports the
 * result.
 */
export async function watchFrames(page: Page, content: string): Promise<() => Promise<Frames>> {
  await page.evaluate((secret) => {
    const found = { seen: false, persisted: false, frames: 0, isBack: false };
    Object.assign(window, { found });
    window.addEventListener('pageshow', (event) => {
      found.persisted = event.persisted;
      found.isBack = true;
    });
    document.addEventListener('resume', () => (found.isBack = true));
    const look = () => {
      const main = document.querySelector('main');
      if (found.isBack) {
        found.frames += 1;
        if (main?.textContent?.includes(secret) && main.checkVisibility()) found.seen = true;
      }
      requestAnimationFrame(look);
    };
    look();
  }, content);
  return () => page.evaluate(() => (window as unknown as { found: Frames }).found);
}

/** Simulates a sleep as a script sees it: the wall clock moves on, and the monotonic clock does not. */
export const sleepAnHour = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
