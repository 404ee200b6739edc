// Signs in on four origins with five tabs each, signs out, and measures when each tab shows it.
import { type Page, type Suite, signInAs, signInButton, signOutButton } from './support';
import { openWatching, shownAt } from './tabs';

const TABS = 5;

/**
 * Signs in by hand on games; main and partner then need no user choice, and store shares the session of
 * games.
 */
async function signInEverywhere(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const origin of [suite.main, suite.partner]) {
    await page.goto(`${origin}/login?callbackUrl=/protected`);
    await signInButton(page).first().click();
    await page.waitForURL(`${origin}/protected`);
  }
}

/** A tab, and the time from the sign-out until the tab showed that its session has ended, milliseconds. */
export interface Told {
  tab: Page;
  origin: string;
  after: number;
}

/**
 * Signs in everywhere, opens the tabs, signs out in one more tab of games, and waits until every tab shows
 * that its session has ended. All tabs run on one machine, so one clock measures all times.
 */
export async function signOutEverywhere(page: Page, suite: Suite): Promise<Told[]> {
  await signInEverywhere(page, suite);
  const tabs: { tab: Page; origin: string }[] = [];
  // All kinds of pages: the watch only, islands, the watch only, hydrated.
  for (const url of [`${suite.games}/protected`, `${suite.store}/dashboard`, `${suite.main}/protected`, `${suite.partner}/protected`]) {
    for (let number = 0; number < TABS; number += 1) {
      tabs.push({ origin: new URL(url).origin, tab: await openWatching(page.context(), `${url}?tab=${number}`) });
    }
  }
  const shown = tabs.map(({ tab }) => shownAt(tab, '.session-ended'));
  await page.goto(`${suite.games}/public`);
  const sent = page.waitForRequest(`${suite.games}/auth/signout`);
  await signOutButton(page).first().click();
  const times = await Promise.all(shown);
  // The time starts when the browser sends the form, without the time that the test needs to press the
  // button.
  const from = (await sent).timing().startTime;
  return tabs.map((tab, index) => ({ ...tab, after: Math.round((times[index] ?? Infinity) - from) }));
}
