// A provider like Apple: its page posts the answer to the callback, from another site, so without the app's cookies.
import { appleArgs } from '../personalities';
import { expect, header, sessionStatus, signInButton, test } from '../support';

test.use({ suiteArgs: appleArgs() });

for (const [name, javaScriptEnabled] of [
  ['with JavaScript', true],
  ['without JavaScript', false],
] as const) {
  test.describe(name, () => {
    test.use({ javaScriptEnabled });

    test('a user signs in through identity, and nothing of the unsigned form stays', async ({ page, suite }) => {
      const posted: string[] = [];
      const opened: string[] = [];
      page.on('request', (request) => {
        if (!request.url().includes('/auth/callback/')) return;
        (request.method() === 'POST' ? posted : opened).push(request.url());
      });
      await page.goto(`${suite.partner}/login?callbackUrl=/dashboard`);
      await signInButton(page).first().click();
      await page.getByRole('button', { name: 'Continue as Alice' }).click();
      // Without JavaScript the provider's page has a button.
      if (!javaScriptEnabled) await page.getByRole('button').first().click();
      await page.waitForURL(`${suite.partner}/dashboard`);
      // Apple's ID token has no name.
      await expect(header(page).getByText('alice@example.com')).toBeVisible();
      expect(posted).toEqual([`${suite.identity}/auth/callback/demo`]);
      expect(opened.length).toBeGreaterThanOrEqual(2);
      expect(opened.filter((url) => new URL(url).searchParams.has('user'))).toEqual([]);
    });
  });
}

test('a user who cancels is told so, and the way back stays', async ({ page, suite }) => {
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await signInButton(page).first().click();
  await page.getByRole('button', { name: /Cancel/ }).click();
  await expect(page).toHaveURL(/\/login\?error=access_denied&callbackUrl=%2Fprotected$/);
  expect(await sessionStatus(page, suite.main)).toBe(401);
});
