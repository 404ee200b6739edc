// Each sign-in under way has its own state, nonce and verifier, so tabs do not interfere with each other.
import { continueAs, expect, expectSignedIn, sessionStatus, signInButton, test } from '../support';

test('two tabs sign in at once', async ({ context, suite }) => {
  const [first, second] = [await context.newPage(), await context.newPage()];
  await first.goto(`${suite.main}/login?callbackUrl=/protected`);
  await second.goto(`${suite.main}/login?callbackUrl=/dashboard`);
  await signInButton(first).click();
  await signInButton(second).click();
  // Both tabs are at the provider now. The tab that began last finishes first.
  await second.getByRole('button', { name: 'Continue as Alice' }).click();
  await second.waitForURL(`${suite.main}/dashboard`);
  await first.getByRole('button', { name: 'Continue as Alice' }).click();
  await first.waitForURL(`${suite.main}/protected`);
  await expectSignedIn(first, 'Alice');
  // The second tab loads its page again, because the sign-in in the first tab has ended its session.
  await expectSignedIn(second, 'Alice');
});

test('a callback URL that is opened again leads on to the page', async ({ page, suite }) => {
  let callback = '';
  page.on('request', (request) => {
    if (request.url().startsWith(`${suite.main}/auth/callback/`)) callback = request.url();
  });
  await page.goto(`${suite.main}/login?callbackUrl=/session`);
  await signInButton(page).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.main}/session`);
  expect(callback).toContain('code=');

  await page.goto(callback);
  await expect(page).toHaveURL(`${suite.main}/session`);
  expect(await sessionStatus(page, suite.main)).toBe(200);
  // Signed out in the meantime: the sign-in page leads to the page.
  await page.context().clearCookies({ name: /session$/ });
  await page.goto(callback);
  await expect(page).toHaveURL(`${suite.main}/login?error=invalid_state&callbackUrl=%2Fsession`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.main}/session`);
});

test('a callback URL opens nothing in another browser', async ({ page, browser, suite }) => {
  // Stops the callback before it reaches the app, and opens it in another browser. `page.route` does not see
  // redirects.
  let callback = '';
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: `${suite.main}/auth/callback/*` }] });
  devtools.on('Fetch.requestPaused', ({ requestId, request }) => {
    callback = request.url;
    void devtools.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
  });
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click({ noWaitAfter: true });
  await expect.poll(() => callback).toContain('code=');

  const victim = await browser.newContext();
  const tab = await victim.newPage();
  await tab.goto(callback);
  await expect(tab).toHaveURL(/\/login\?error=invalid_state/);
  expect(await sessionStatus(tab, suite.main)).toBe(401);
  await victim.close();
});
