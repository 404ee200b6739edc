// One request renews the access token of a session, for any number of tabs.
import { addFaults, counters } from '../faults';
import { type Page, type Suite, expect, expectSignedIn, signInButton, test } from '../support';

test.use({ suiteArgs: ['--faults'] });

const TABS = 20;

const refreshes = async (page: Page, suite: Suite) => (await counters(page, suite))['refresh_token'] ?? 0;

test('twenty tabs whose token is about to expire cause exactly one token request', async ({ page, context, suite }) => {
  test.setTimeout(120_000);
  // Aborts the page after the sign-in, so that only the twenty tabs use the session.
  const devtools = await context.newCDPSession(page);
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: `${suite.main}/protected` }] });
  let isSignedIn = false;
  devtools.on('Fetch.requestPaused', ({ requestId }) => {
    isSignedIn = true;
    void devtools.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
  });
  await page.goto(`${suite.main}/login?callbackUrl=/protected`);
  await signInButton(page).click();
  await addFaults(page, suite, { fault: 'short_lived', times: 1 });
  await page.getByRole('button', { name: 'Continue as Alice' }).click({ noWaitAfter: true });
  await expect.poll(() => isSignedIn).toBe(true);
  const before = await refreshes(page, suite);

  const tabs = await Promise.all(Array.from({ length: TABS }, () => context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(`${suite.main}/protected`)));
  for (const tab of tabs) await expectSignedIn(tab, 'Alice');
  // A token is renewed only after half of its two seconds.
  const visitedAgain = async () => {
    await Promise.all(tabs.map((tab) => tab.reload()));
    return refreshes(page, suite);
  };
  await expect.poll(visitedAgain, { timeout: 30_000 }).toBe(before + 1);
  await Promise.all(tabs.map((tab) => tab.reload()));
  for (const tab of tabs) await expectSignedIn(tab, 'Alice');
  expect(await refreshes(page, suite)).toBe(before + 1);
});
