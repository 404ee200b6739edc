// The journeys that matter, for a suite at https addresses: the same for each proxy and each store.
import {
  type Page,
  type Suite,
  awake,
  enterPartner,
  expect,
  expectSignedIn,
  expectSignedOut,
  header,
  signInAs,
  signInButton,
  signOutAt,
  signOutButton,
  statusHere,
  test,
} from './support';

const ENDED = { name: 'You have been signed out' };

/** Asks for the status 40 times at once, from inside the page. */
const statuses = (page: Page): Promise<number[]> => Promise.all(Array.from({ length: 40 }, () => statusHere(page)));

/** Declares the journeys. */
export function httpsJourneys(): void {
  test('sign-in, sharing, single logout and tabs over event streams', async ({ page, context, suite }) => {
    await signInAs(page, 'Alice', suite.games, '/protected');
    await page.goto(`${suite.store}/protected`);
    await expectSignedIn(page, 'Alice');
    const partner = await context.newPage();
    await enterPartner(partner, suite);
    const tabs: Page[] = [];
    for (let number = 0; number < 4; number += 1) {
      const tab = await context.newPage();
      await tab.goto(`${suite.games}/protected?tab=${number}`);
      await awake(tab);
      tabs.push(tab);
    }
    await signOutAt(page, suite.store);
    for (const tab of [...tabs, partner]) {
      await expect(tab.getByRole('heading', ENDED)).toBeVisible();
    }
    expect(await statusHere(tabs[0] ?? page)).toBe(401);
  });

  test('another domain signs in silently, and a sign-in brings waiting tabs back', async ({ page, context, suite }) => {
    await signInAs(page, 'Alice', suite.games, '/protected');
    const partner = await context.newPage();
    // Nothing is clicked.
    await partner.goto(`${suite.partner}/protected`);
    await expectSignedIn(partner, 'Alice');
    await signOutAt(page, suite.games);
    await expect(partner.getByRole('heading', ENDED)).toBeVisible();
    await signInAs(page, 'Bob', suite.games, '/protected');
    await expect(header(partner).getByText(/Bob/)).toBeVisible();
  });

  test('the launcher opens an app already signed in', async ({ page, context, suite }) => {
    await page.goto(`${suite.identity}/login?callbackUrl=/`);
    await signInButton(page).first().click();
    await page.getByRole('button', { name: 'Continue as Alice' }).click();
    await page.waitForURL(`${suite.identity}/`);
    const opened = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Open Partner' }).or(page.getByRole('link', { name: 'Open Partner' })).click();
    const partner = await Promise.race([opened, page.waitForURL(`${suite.partner}/**`).then(() => page)]);
    await partner.waitForURL(`${suite.partner}/**`);
    await expectSignedIn(partner, 'Alice');
  });

  test('a provider that ends the session ends it everywhere', async ({ page, context, suite }) => {
    await signInAs(page, 'Alice', suite.games, '/protected');
    const partner = await context.newPage();
    await enterPartner(partner, suite);
    await partner.goto(`${suite.partner}/protected`);
    await awake(partner);
    const provider = await context.newPage();
    await provider.goto(`${suite.provider}/logout`);
    await signOutButton(provider).click();
    for (const tab of [page, partner]) await expect(tab.getByRole('heading', ENDED)).toBeVisible();
  });

  test('many requests at once see one session', async ({ page, suite }) => {
    await signInAs(page, 'Alice', suite.games, '/protected');
    const seen = await statuses(page);
    expect(new Set(seen)).toEqual(new Set([200]));
    await page.goto(`${suite.games}/public`);
    await signOutButton(page).first().click();
    await page.waitForURL(`${suite.games}/signed-out`);
    await expectSignedOut(page);
    const after = await statuses(page);
    expect(new Set(after)).toEqual(new Set([401]));
  });
}

/** The names and attributes of the cookies that a browser has for an origin. */
export async function cookiesAt(page: Page, origin: Suite['games']) {
  const cookies = await page.context().cookies(origin);
  return cookies.map(({ name, domain, secure, httpOnly, sameSite, path }) => ({ name, domain, secure, httpOnly, sameSite, path }));
}
