// One sign-out reaches every app and every tab: provider → identity → apps → tabs (article 3).
import { signOutEverywhere } from '../everywhere';
import { expect, signInAs, signOutButton, test } from '../support';
import { ended, openWatching } from '../tabs';

test('a sign-out in one app ends every tab of every app, and protected content is gone', async ({ page, suite }) => {
  test.setTimeout(120_000);
  // That all follow is required here; how fast they do depends on the machine, and `make bench` says it.
  const told = await signOutEverywhere(page, suite);
  expect(told).toHaveLength(20);
  for (const [index, { tab }] of told.entries()) {
    await expect(ended(tab)).toBeVisible();
    await expect(tab.getByText('Only signed-in users see this page')).toHaveCount(0);
    await expect(tab.getByText('Alice')).toHaveCount(0);
    expect(new URL(tab.url()).search, 'the address stays').toBe(`?tab=${index % 5}`);
  }
});

test('the tab says why, and takes the visitor back to where they were', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  const tab = await openWatching(context, `${suite.main}/protected?chapter=2`);
  await page.goto(`${suite.main}/public`);
  await signOutButton(page).first().click();
  await expect(ended(tab)).toBeVisible();
  await expect(ended(tab)).toBeFocused();
  await expect(tab.getByText('You signed out.')).toBeVisible();
  await tab.getByRole('link', { name: 'Sign in again' }).click();
  await expect(tab).toHaveURL(`${suite.main}/login?callbackUrl=%2Fprotected%3Fchapter%3D2`);
});

test('tabs that wait come back by themselves when the same user signs in again', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  const tabs = [
    await openWatching(context, `${suite.main}/protected`),
    await openWatching(context, `${suite.main}/dashboard`),
  ];
  await page.goto(`${suite.main}/public`);
  await signOutButton(page).first().click();
  for (const tab of tabs) await expect(ended(tab)).toBeVisible();
  await signInAs(page, 'Alice', suite.main, '/');
  for (const tab of tabs) {
    await expect(ended(tab)).toHaveCount(0);
    await expect(signOutButton(tab)).toBeVisible();
  }
});

test('another user does not get the page of the first', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  const tab = await openWatching(context, `${suite.main}/dashboard`);
  await page.goto(`${suite.main}/public`);
  await signOutButton(page).first().click();
  await expect(ended(tab)).toBeVisible();
  await signInAs(page, 'Bob', suite.main, '/');
  await expect(tab.getByText('Another user signed in.')).toBeVisible();
  await expect(tab.getByText('Bob')).toHaveCount(0);
  await tab.getByRole('link', { name: 'Go on as the other user' }).click();
  await expect(tab.getByRole('main').getByText('Bob Brown').first()).toBeVisible();
});
