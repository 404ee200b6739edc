// A provider that sends wrong answers: the app refuses each by name, and shows a sentence.
import { addFaults } from '../faults';
import { expect, sessionStatus, signInAs, signInButton, test } from '../support';

test.use({ suiteArgs: ['--faults'] });

const REFUSALS = [
  ['wrong_nonce', 'invalid_id_token'],
  ['missing_nonce', 'invalid_id_token'],
  ['wrong_aud', 'invalid_id_token'],
  ['wrong_iss', 'invalid_id_token'],
  ['alg_none', 'invalid_id_token'],
  ['hs256_with_public_key', 'invalid_id_token'],
  ['bad_signature', 'invalid_id_token'],
  ['wrong_kid', 'invalid_id_token'],
  ['expired', 'invalid_id_token'],
  ['wrong_iss_parameter', 'invalid_issuer'],
  ['missing_iss_parameter', 'invalid_issuer'],
] as const;

for (const [name, code] of REFUSALS) {
  test(`${name} is refused as ${code}`, async ({ page, suite }) => {
    await page.goto(`${suite.main}/login?callbackUrl=/protected`);
    await signInButton(page).click();
    await addFaults(page, suite, { fault: name, times: 1 });
    await page.getByRole('button', { name: 'Continue as Alice' }).click();
    await expect(page).toHaveURL(new RegExp(`^${suite.main}/login\\?error=${code}`));
    await expect(page.getByRole('alert')).toBeVisible();
    expect(await sessionStatus(page, suite.main)).toBe(401);
    expect(suite.log()).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/);
  });
}

test('the next sign-in works', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
});
