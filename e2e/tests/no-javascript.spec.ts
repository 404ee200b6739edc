// Everything except the live parts works with JavaScript off.
import { PROTECTED_PAGES, PUBLIC_PAGES, continueAs, expect, expectSignedIn, signInAs, signOutButton, test } from '../support';

test.use({ javaScriptEnabled: false });

test('signing in and out with plain forms', async ({ page, suite }) => {
  await page.goto(`${suite.main}/ssr-login`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.main}/`);
  await expectSignedIn(page, 'Alice');

  await page.goto(`${suite.main}/ssr-logout`);
  await signOutButton(page).last().click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
});

test('opening the sign-in and sign-out pages changes nothing', async ({ page, suite }) => {
  await page.goto(`${suite.main}/ssr-login`);
  await expect(page).toHaveURL(`${suite.main}/ssr-login`);
  await signInAs(page, 'Alice', suite.main);
  await page.goto(`${suite.main}/ssr-logout`);
  await page.goto(`${suite.main}/`);
  await expectSignedIn(page, 'Alice');
});

test('a protected page opens after the sign-in', async ({ page, suite }) => {
  await page.goto(`${suite.main}/protected`);
  await expect(page).toHaveURL(/\/login\?callbackUrl=/);
  await continueAs(page, 'Bob');
  await page.waitForURL(`${suite.main}/protected`);
  await expect(page.getByRole('heading', { name: 'Protected' })).toBeVisible();
});

test('every page is complete', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  for (const path of [...PUBLIC_PAGES, ...PROTECTED_PAGES]) {
    await page.goto(suite.main + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectSignedIn(page, 'Alice');
  }
});

test('the favourite number is kept in the session', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await page.getByRole('spinbutton', { name: 'Favourite number' }).fill('42');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/\/dashboard/);
  await expect(page.getByText('It is 42.')).toBeVisible();
  await page.goto(`${suite.main}/dashboard`);
  await expect(page.getByText('It is 42.')).toBeVisible();
});
