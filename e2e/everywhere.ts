// Signed in on four origins, five tabs each, and the moment at which each shows that it is over.
import { type Page, type Suite, signInAs, signInButton, signOutButton } from './support';
import { openWatching, shownAt } from './tabs';

const TABS = 5;

/** Signs in on games, and with that in the whole suite. */
async function signInEverywhere(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const origin of [suite.main, suite.partner]) {
    await page.goto(`${origin}/login?callbackUrl=/protected`);
    await signInButton(page).first().click();
    await page.waitForURL(`${origin}/protected`);
  }
}

/** A tab, and how long after the form was sent it showed that the session has ended, milliseconds. */
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
  const shown = tabs.map(({ tab }) => shownAt(tab, '.session-ended'));
  await page.goto(`${suite.games}/public`);
  const sent = page.waitForRequest(`${suite.games}/auth/signout`);
  await signOutButton(page).first().click();
  const times = await Promise.all(shown);
  // When the browser sent the form: what the test itself needs to find and press the button is not measured.
  const from = (await sent).timing().startTime;
  return tabs.map((tab, index) => ({ ...tab, after: Math.round((times[index] ?? Infinity) - from) }));
}
