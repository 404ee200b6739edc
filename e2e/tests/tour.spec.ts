// The tour on the home pages: the visitor's own flows as diagrams, with and without JavaScript, and the code of each stop.
import { switchOff, switchOn } from '../failures';
import { type Page, expect, signInAs, signInButton, signOutButton, test } from '../support';

const stop = (page: Page, title: RegExp) => page.getByRole('region', { name: title });
const diagram = (page: Page, title: RegExp) => stop(page, title).getByRole('figure');

const SIGN_IN = /^The identity app: one callback/;
const REFRESH = /^Renew the tokens/;
const SIGN_OUT = /^Single logout/;
const HANDOFF = /^Open this app from the launcher/;
const FAILURE = /^Switch a failure on/;

/** The steps of a diagram, as a screen reader reads them. */
const steps = async (page: Page, title: RegExp): Promise<string[]> =>
  (await diagram(page, title).getByRole('listitem').allTextContents()).map((text) => text.replace(/\s+/g, ' '));

/** Expects these texts in this order among the steps. */
function expectInOrder(found: string[], texts: string[]): void {
  let from = 0;
  for (const text of texts) {
    const at = found.findIndex((step, index) => index >= from && step.includes(text));
    expect(at, `"${text}" after step ${from} of\n${found.join('\n')}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

test('a guest sees what each stop will show, and no diagram', async ({ page, suite }) => {
  await page.goto(suite.main);
  await expect(page.getByRole('figure')).toHaveCount(0);
  await expect(stop(page, SIGN_IN)).toContainText('Sign in, then come back to this page');
  await expect(page.getByRole('button', { name: 'Renew the tokens now' })).toHaveCount(0);
  const contents = page.getByRole('navigation', { name: 'The tour' }).getByRole('link');
  for (const link of await contents.all()) {
    const id = (await link.getAttribute('href'))?.slice(1) ?? '';
    await expect(page.locator(`h2[id="${id}"]`), id).toHaveCount(1);
  }
});

test('a sign-in, a refresh and a sign-out are shown with the steps that took place', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  expectInOrder(await steps(page, SIGN_IN), [
    'Browser to Games: POST /auth/signin',
    'Games to Browser: state, nonce and PKCE verifier',
    'Browser to Games: GET /auth/continue',
    'Games to Identity: redirect to /authorize',
    'Browser to Games: GET /auth/callback',
    'Games to Provider: token endpoint',
    'Games: ID token verified',
    'Games to Session store: a new session',
    'Games to Browser: redirect to the page',
  ]);
  await expect(diagram(page, SIGN_IN)).toContainText('Done');

  await page.getByRole('button', { name: 'Renew the tokens now' }).click();
  await expect(page).toHaveURL(/renewed=yes#renewing$/);
  await expect(stop(page, REFRESH).getByText('The provider issued new tokens.')).toBeVisible();
  expectInOrder(await steps(page, REFRESH), ['the lease', 'token endpoint', 'new tokens sealed and saved']);
  await expect(diagram(page, SIGN_IN), 'the sign-in stays').toBeVisible();

  await signOutButton(page).click();
  await page.waitForURL(/\/signed-out$/);
  await page.goto(suite.main);
  expectInOrder(await steps(page, SIGN_OUT), [
    'Browser to Games: POST /auth/signout',
    'Games to Session store: the session ends',
    'Games to Identity: in the background: identity is asked to tell the other apps',
    'Games to Browser: the answer clears the session cookie',
    'Games to Provider: redirect to the end-session endpoint',
    'Browser to Games: GET /auth/logout/callback',
  ]);
  await expect(diagram(page, SIGN_IN), 'the sign-in went with its session').toHaveCount(0);
});

test('the diagrams belong to one browser, and hold no secret', async ({ page, browser, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  const html = await page.content();
  for (const { name, value } of await page.context().cookies()) {
    expect(html.includes(value), name).toBe(false);
  }
  const other = await browser.newContext();
  const stranger = await other.newPage();
  await stranger.goto(suite.main);
  await expect(stranger.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(stranger.getByRole('figure')).toHaveCount(0);
  await other.close();
});

test('identity shows its side: a forwarded sign-in, and an opened app', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  await page.goto(suite.identity);
  expectInOrder(await steps(page, /^Forwarded/), [
    'Browser to Identity: GET /authorize',
    'Identity to Provider: redirect to the authorization endpoint',
    'Browser to Identity: GET /auth/callback',
    "Identity to The other app: redirect to the app's callback",
  ]);
  // The app has no session, so the handoff begins one.
  await page.goto(`${suite.main}/ssr-logout`);
  await page.getByRole('button', { name: 'Sign out of this app only' }).click();
  await page.waitForURL(/\/signed-out$/);
  await page.goto(suite.identity);
  await page.getByRole('button', { name: 'Open Games' }).click();
  await page.waitForURL(`${suite.main}/dashboard`);
  await page.goto(suite.main);
  expectInOrder(await steps(page, HANDOFF), [
    'GET /handoff/start',
    'redirect to /handoff',
    'GET /callback: the handoff token',
    'handoff token verified, server to server',
    'a new session',
  ]);
  await page.goto(suite.identity);
  expectInOrder(await steps(page, /^A token for one app/), ['POST /handoff', 'a handoff token', "redirect to the app's /callback"]);
});

test('a failure is marked at its step, and a refused redirect leaves the flow open', async ({
  page,
  suite,
  expectedErrors,
}) => {
  expectedErrors.push(/\/authorize\?.*status of 400/);
  await switchOn(page, suite, 'Provider fails');
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(/error=provider_unavailable/);
  await page.goto(suite.main);
  expectInOrder(await steps(page, FAILURE), ['Games to Provider: token endpoint']);
  await expect(diagram(page, FAILURE).getByRole('listitem').filter({ hasText: 'failed' })).toHaveCount(1);
  await expect(diagram(page, FAILURE)).toContainText('Refused: provider_unavailable');

  await switchOn(page, suite, 'Refused redirect URI');
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await expect(page.getByText('The redirect URI is wrong.')).toBeVisible();
  await page.goto(suite.main);
  await expect(diagram(page, FAILURE)).toContainText('No answer has come back yet');
  await switchOff(page, suite);
});

test('each file that a stop names opens, and an unknown one is a 404', async ({ page, suite }) => {
  test.slow();
  for (const origin of [suite.main, suite.identity]) {
    await page.goto(origin);
    const files = await page.locator('a[href^="/source?file="]').evaluateAll((links) => [
      ...new Set(links.map((link) => link.getAttribute('href') ?? '')),
    ]);
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const answer = await page.request.get(origin + file);
      expect(answer.status(), file).toBe(200);
      expect(await answer.text(), file).toContain('id="L1"');
    }
    await page.goto(origin + (files[0] ?? ''));
    await expect(page.locator('#L1 code'), 'indentation stays').toHaveCSS('white-space-collapse', 'preserve');
    expect((await page.request.get(`${origin}/source?file=../Cargo.toml`)).status()).toBe(404);
    expect((await page.request.get(`${origin}/source`)).status()).toBe(200);
  }
});

test('each app has its own icon', async ({ page, suite }) => {
  const icons = new Set<string>();
  for (const origin of [suite.main, suite.store, suite.identity, suite.partner]) {
    const answer = await page.goto(`${origin}/favicon.svg`);
    expect(answer?.headers()['content-type'], origin).toMatch(/^image\/svg\+xml/);
    icons.add((await answer?.text()) ?? '');
  }
  expect(icons.size).toBe(4);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the tour reads the same, and its button works', async ({ page, suite }) => {
    await page.goto(`${suite.main}/login`);
    await signInButton(page).click();
    await page.getByRole('button', { name: 'Continue as Alice' }).click();
    await page.goto(suite.main);
    await expect(diagram(page, SIGN_IN)).toContainText('Your sign-in at Games');
    await page.getByRole('button', { name: 'Renew the tokens now' }).click();
    await expect(diagram(page, REFRESH)).toContainText('The refresh of your tokens');
  });
});
