// All other journeys block third-party cookies. Here they are allowed, and the result is the same: neither
// coming back across sites nor the hub depends on them.
import config from '../playwright.config';
import { expect, expectSignedIn, signInAs, signInButton, signOutButton, test } from '../support';
import { ended, openWatching, reading } from '../tabs';

const launch = config.use?.launchOptions ?? {};
test.use({
  launchOptions: { ...launch, args: (launch.args ?? []).filter((arg) => arg !== '--test-third-party-cookie-phaseout') },
});

test('a tab of another site comes back', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto(`${suite.partner}/login?callbackUrl=/protected`);
  await signInButton(page).first().click();
  await page.waitForURL(`${suite.partner}/protected`);
  await page.goto('about:blank');
  const tab = await openWatching(context, `${suite.partner}/session`);
  await expect(tab.locator('iframe')).toHaveCount(0);
  const listens = context.waitForEvent('request', (request) => request.url() === `${suite.partner}/auth/events?waiting`);
  await page.goto(`${suite.games}/public`);
  await signOutButton(page).first().click();
  await expect(ended(tab)).toBeVisible();
  await (await listens).response();
  await page.waitForURL(/\/signed-out$/);
  await signInAs(page, 'Alice', suite.games, '/session');
  await expect(reading(page, 'hub')).toHaveText('ready');
  await expectSignedIn(tab, 'Alice');
});
