// Signed in on four origins, five tabs each, and the moment at which each shows that it is over.
import type { BrowserContext } from '@playwright/test';
import { type Page, type Suite, signInAs, signInButton, signOutButton } from './support';

const TABS = 5;

/** Opens `url` and waits until the tab watches its session. */
export async function openWatching(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.session-watch[data-ready=true]').waitFor({ state: 'attached' });
  return page;
}

/** Signs in on games, and with that in the whole suite. */
async function signInEverywhere(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const origin of [suite.main, suite.partner]) {
    await page.goto(`${origin}/login?callbackUrl=/protected`);
    await signInButton(page).first().click();
    await page.waitForURL(`${origin}/protected`);
  }
}

/** A tab, and how long after the click it showed that the session has ended, milliseconds. */
export interface Told {
  tab: Page;
  origin: string;
  after: number;
}

/**
 * Signs in everywhere, opens the tabs, signs out in one more tab of games, and waits until all of them show
 * it. One clock measures: all tabs are of one machine.
 */
export async function signOutEverywhere(page: Page, suite: Suite): Promise<Told[]> {
  await signInEverywhere(page, suite);
  const tabs: { tab: Page; origin: string }[] = [];
  for (const origin of [suite.games, suite.store, suite.main, suite.partner]) {
    for (let number = 0; number < TABS; number += 1) {
      tabs.push({ origin, tab: await openWatching(page.context(), `${origin}/protected?tab=${number}`) });
    }
  }
  const shown = tabs.map(({ tab }) =>
    tab.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const look = () => {
            if (document.querySelector('.session-ended') !== null) resolve(Date.now());
          };
          new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
          look();
        }),
    ),
  );
  await page.goto(`${suite.games}/public`);
  const from = Date.now();
  await signOutButton(page).first().click();
  const times = await Promise.all(shown);
  return tabs.map((tab, index) => ({ ...tab, after: (times[index] ?? Infinity) - from }));
}

/** The value below which `share` of the values lie (nearest rank). */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? NaN;
}
