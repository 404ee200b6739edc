// The sign-in keeps a link into the app, including its query.
import { continueAs, expect, expectSignedIn, test } from '../support';

for (const origin of ['main', 'games', 'store', 'partner'] as const) {
  test(`a deep link into ${origin} is kept`, async ({ page, suite }) => {
    const link = `${suite[origin]}/dashboard?tab=2`;
    await page.goto(link);
    await expect(page).toHaveURL(`${suite[origin]}/login?callbackUrl=${encodeURIComponent('/dashboard?tab=2')}`);
    await continueAs(page, 'Alice');
    await page.waitForURL(link);
    await expectSignedIn(page, 'Alice');
  });
}
