// An expired session.
import { awake, expect, expectSignedIn, expectSignedOut, header, sessionStatus, signInAs, test } from '../support';

test.use({ suiteArgs: ['--set', 'main:AUTH_SESSION_MAX_AGE=8'] });

test('an expired session has ended for clicks, for page loads and at the endpoints', async ({
  page,
  context,
  suite,
}) => {
  await signInAs(page, 'Alice', suite.main, '/public');
  await awake(page);
  await expect.poll(() => sessionStatus(page, suite.main), { timeout: 20_000 }).toBe(401);

  await header(page).getByRole('link', { name: 'Protected' }).click();
  await expect(page.getByText('Please sign in to continue')).toBeVisible();
  // Without the provider's cookies, the provider knows no user either.
  await context.clearCookies({ domain: new URL(suite.provider).hostname });
  await page.goto(`${suite.main}/dashboard?tab=2`);
  await expect(page).toHaveURL(`${suite.main}/login?callbackUrl=${encodeURIComponent('/dashboard?tab=2')}`);
  await expectSignedOut(page);
  expect(await (await page.request.get(`${suite.main}/auth/session`)).text()).toBe('null');
});

test('an expired session is replaced silently while the provider knows the user', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/public');
  await expect.poll(() => sessionStatus(page, suite.main), { timeout: 20_000 }).toBe(401);
  await page.goto(`${suite.main}/dashboard?tab=2`);
  await expect(page).toHaveURL(`${suite.main}/dashboard?tab=2`);
  await expectSignedIn(page, 'Alice');
});
