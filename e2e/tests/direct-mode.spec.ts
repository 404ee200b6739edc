// Article 1's failure: without the proxy, partner sends a redirect URI that the provider does not know.
import { expect, sessionStatus, signInAs, signInButton, test } from '../support';

test.use({ suiteArgs: ['--partner-direct'] });

test('the provider refuses an app that skips the proxy', async ({ page, suite, expectedErrors }) => {
  // The hidden frame of partner's public page ends on the provider's error page, which forbids framing.
  expectedErrors.push(/status of 400/, /frame-ancestors 'none'/);
  await page.goto(`${suite.partner}/login`);
  await signInButton(page).click();
  await page.waitForURL((url) => url.origin === suite.provider);
  await expect(page.getByRole('alert')).toContainText('The redirect URI is wrong');
  await expect(page.getByRole('alert')).toContainText(suite.partner);
  await expect(page.getByRole('button', { name: /Continue as/ })).toHaveCount(0);

  // Partner has no session.
  await page.goto(suite.partner);
  const session = await page.evaluate(() => fetch('/auth/session').then((response) => response.json()));
  expect(session).toBeNull();
});

test('the apps behind the proxy are not affected', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  expect(await sessionStatus(page, suite.main)).toBe(200);
});
