// Bookmarks and links to endpoints that take a form lead to a page with that form, and change nothing. Every
// refusal has a page, because browsers show their own error page for an empty answer.
import { expect, expectSignedIn, signInAs, signOutButton, test } from '../support';

test('a link to sign out leads to the button, which keeps the return path', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  await page.goto(`${suite.main}/auth/signout?callbackUrl=%2Fpublic`);
  await expect(page).toHaveURL(`${suite.main}/ssr-logout?callbackUrl=%2Fpublic`);
  await expectSignedIn(page, 'Alice');
  await page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL(`${suite.main}/public`);
  await expect(signOutButton(page)).toHaveCount(0);
});

test('a link to sign in leads to the button, which keeps the return path', async ({ page, suite }) => {
  await page.goto(`${suite.main}/auth/signin/demo?callbackUrl=%2Fdashboard`);
  await expect(page).toHaveURL(`${suite.main}/login?callbackUrl=%2Fdashboard`);
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await expect(page).toHaveURL(`${suite.main}/dashboard`);
});

test('a return path to an endpoint is ignored', async ({ page, suite }) => {
  for (const endpoint of ['/auth/signout', '/auth/signin/demo', '/%61uth/signout', '/a/../auth/silent']) {
    await page.goto(`${suite.main}/auth/signin/demo?callbackUrl=${encodeURIComponent(endpoint)}`);
    await expect(page, endpoint).toHaveURL(`${suite.main}/login`);
  }
});

test('identity has a sign-out page too', async ({ page, suite }) => {
  await page.goto(`${suite.identity}/auth/signout`);
  await expect(page).toHaveURL(`${suite.identity}/ssr-logout`);
  await expect(page.getByRole('heading', { name: 'Sign out' })).toBeVisible();
});

test.describe('refusals', () => {
  test.use({ expectedErrors: [/Failed to load resource: .*\b40[45]\b/] });

  test('every refusal that a person may see has a page with the error name', async ({ page, suite }) => {
    for (const [url, status, name] of [
      [`${suite.main}/auth/nothing`, 404, 'not_found'],
      [`${suite.main}/pkg/nothing.js`, 404, 'not_found'],
      [`${suite.main}/auth/come-back`, 405, 'method_not_allowed'],
      [`${suite.main}/auth/sessions/revoke`, 405, 'method_not_allowed'],
      [`${suite.identity}/auth/external/handoff/verify`, 405, 'method_not_allowed'],
      [`${suite.identity}/auth/logout`, 405, 'method_not_allowed'],
      [`${suite.provider}/token`, 405, 'method_not_allowed'],
      [`${suite.provider}/nothing`, 404, 'not_found'],
    ] as const) {
      const response = await page.goto(url);
      expect(response?.status(), url).toBe(status);
      await expect(page.getByText(name), url).toBeVisible();
      await expect(page.getByRole('heading', { level: 1 }), url).toBeVisible();
    }
  });
});
