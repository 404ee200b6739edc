// Article 1: the apps of a domain share one session; an app on another domain gets a separate session without
// a password.
import { expect, expectSignedIn, expectSignedOut, signInAs, signInButton, signOutButton, test } from '../support';

test('a user signed in on games is signed in on store', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  const response = await page.goto(`${suite.store}/protected`);
  expect(response?.request().redirectedFrom(), 'no redirect').toBeNull();
  await expect(page).toHaveURL(`${suite.store}/protected`);
  await expectSignedIn(page, 'Alice');
});

test('a user signed out on store is signed out on games', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await page.goto(suite.store);
  await signOutButton(page).first().click();
  await page.waitForURL(/\/signed-out$/);
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(suite.store);
  await page.goto(`${suite.games}/protected`);
  await expect(page).toHaveURL(/\/login\?callbackUrl=/);
});

test('another domain has its own session, and asks for no second user choice', async ({ page, suite }) => {
  await signInAs(page, 'Bob', suite.games);
  await page.goto(suite.partner);
  await expectSignedOut(page);
  await page.goto(`${suite.partner}/login`);
  await signInButton(page).click();
  await page.waitForURL(`${suite.partner}/`);
  await expectSignedIn(page, 'Bob');
});

test('the shared cookie never reaches the other domain', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  const domains = (await context.cookies()).filter((cookie) => cookie.domain === '.wow.localhost');
  expect(domains.length).toBeGreaterThan(0);
  expect(await context.cookies(suite.partner)).toEqual([]);
});

test('identity lists the registered apps', async ({ page, suite }) => {
  await page.goto(suite.identity);
  for (const name of ['Games', 'Store', 'Partner']) {
    await expect(page.getByText(name, { exact: true }).first()).toBeVisible();
  }
  await expect(page.getByText(suite.partner)).toBeVisible();
});
