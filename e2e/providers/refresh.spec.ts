// Access tokens that live for seconds, at third-party providers.
import { expect, expectShown, linesSince, signIn, test } from './support';

const TROUBLE = /refresh refused|refresh failed|ID token from refresh ignored|token request refused/;

for (const app of ['main', 'partner'] as const) {
  test(`4. the session of ${app} survives its access token, twice`, async ({ page, suite, kind, setup }) => {
    const mark = suite.log().length;
    await signIn(page, kind, 'Alice', suite[app], '/protected');
    // Waits until the second access token has expired, so the session no longer depends on the first two
    // tokens.
    const end = Date.now() + 2 * setup.accessTokenSeconds * 1000;
    while (Date.now() < end) {
      await page.waitForTimeout(1000);
      await page.reload();
      await expectShown(page, 'Alice');
    }
    const renewed = linesSince(suite, mark, new RegExp(`^${app}\\b.*access token renewed`));
    expect(renewed.length).toBeGreaterThanOrEqual(2);
    expect(linesSince(suite, mark, TROUBLE)).toEqual([]);
  });
}

test('4. a user who was away while the access token ended is still signed in, twice', async ({
  page,
  suite,
  kind,
  setup,
}) => {
  // Canaille's refresh token lives as long as its access token. So the session ends here each time, and
  // silent sign-in brings the user back.
  await signIn(page, kind, 'Alice', suite.partner, '/protected');
  for (const time of ['first', 'second']) {
    await page.goto('about:blank');
    await page.waitForTimeout((setup.accessTokenSeconds + 1) * 1000);
    // The session ends in the background of the first request, so only the second request shows it.
    for (const _visit of ['first', 'second']) {
      await page.goto(`${suite.partner}/protected`);
      await page.waitForTimeout(500);
    }
    await expect(page, `the ${time} time`).toHaveURL(`${suite.partner}/protected`);
    await expectShown(page, 'Alice');
  }
});
