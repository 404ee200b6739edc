// The tour in Firefox: the diagrams of the visitor's own flows, and a failure that the visitor switches on.
import { type Page, at, expect, open, press, shows, signInAs, signOut, test } from './support';

/** The steps of the diagrams of the stop with this id. */
const steps = (page: Page, id: string): Promise<string> =>
  page.evaluate((wanted) => {
    const stop = document.getElementById(wanted)?.closest('section');
    return [...(stop?.querySelectorAll('figure li') ?? [])].map((step) => step.textContent).join('\n');
  }, id);

test('a sign-in, a refresh and a sign-out are drawn', async ({ visitor: page, suite }) => {
  await open(page, suite.main);
  expect(await steps(page, 'proxy')).toBe('');
  await signInAs(page, 'Alice', suite.main);
  await expect.poll(() => steps(page, 'proxy')).toContain('ID token verified');
  await press(page, 'Renew the tokens now');
  await shows(page, 'The provider issued new tokens.');
  await expect.poll(() => steps(page, 'renewing')).toContain('new tokens sealed and saved');
  await signOut(page, suite.main);
  await open(page, suite.main);
  await expect.poll(() => steps(page, 'single-logout')).toContain('the session ends');
  expect(await steps(page, 'proxy'), 'the sign-in went with its session').toBe('');
});

test('a cancelled sign-in is shown where it failed', async ({ visitor: page, suite }) => {
  await open(page, `${suite.main}/login?callbackUrl=/`);
  await press(page, 'Sign in with…');
  await press(page, 'Cancel');
  await at(page, `${suite.main}/login?error=access_denied`);
  await open(page, suite.main);
  await expect.poll(() => steps(page, 'try-failures')).toContain('GET /auth/callback');
});
