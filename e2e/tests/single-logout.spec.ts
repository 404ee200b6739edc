// One sign-out reaches every app and every tab: provider → identity → apps → tabs (article 3).
import { signOutEverywhere } from '../everywhere';
import { expect, signInAs, signOutButton, test } from '../support';
import { ended, openWatching } from '../tabs';

test('a sign-out in one app ends every tab of every app, and removes protected content', async ({ page, suite }) => {
  test.setTimeout(120_000);
  // Every tab must follow. How fast depends on the machine; `make bench` measures that.
  const told = await signOutEverywhere(page, suite);
  expect(told).toHaveLength(20);
  for (const [index, { tab }] of told.entries()) {
    await expect(ended(tab)).toBeVisible();
    await expect(tab.getByText('Only signed-in users see this page')).toHaveCount(0);
    await expect(tab.getByText('Alice')).toHaveCount(0);
    expect(new URL(tab.url()).search, 'the address does not change').toBe(`?tab=${index % 5}`);
  }
});

test('the tab says why the session ended, and links back to the page', async ({ page, context, suite }) => {
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

test('waiting tabs come back automatically when the same user signs in again', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  const tabs = [
    await openWatching(context, `${suite.main}/protected`),
    await openWatching(context, `${suite.main}/dashboard`),
  ];
  await page.goto(`${suite.main}/public`);
  await signOutButton(page).first().click();
  for (const tab of tabs) await expect(ended(tab)).toBeVisible();
  await page.waitForURL(/\/signed-out$/);
  await signInAs(page, 'Alice', suite.main, '/');
  for (const tab of tabs) {
    await expect(ended(tab)).toHaveCount(0);
    await expect(signOutButton(tab)).toBeVisible();
  }
});

test('a second user does not get the page of the first user', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  const tab = await openWatching(context, `${suite.main}/dashboard`);
  await page.goto(`${suite.main}/public`);
  await signOutButton(page).first().click();
  await expect(ended(tab)).toBeVisible();
  await page.waitForURL(/\/signed-out$/);
  await signInAs(page, 'Bob', suite.main, '/');
  await expect(tab.getByText('Another user signed in.')).toBeVisible();
  await expect(tab.getByText('Bob')).toHaveCount(0);
  await tab.getByRole('link', { name: 'Go on as the other user' }).click();
  await expect(tab.getByRole('main').getByText('Bob Brown').first()).toBeVisible();
});
