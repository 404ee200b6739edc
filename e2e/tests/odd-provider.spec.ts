// A provider with the faults that public bug reports describe: it sends fewer claims than the embedded
// provider, does not keep promises of its metadata, rotates keys behind caches, and has outages. No user is
// signed out by accident, and a sign-out reaches every app.
import { type Fault, addFaults, clearFaults, counters } from '../faults';
import {
  type Page,
  type Suite,
  expect,
  expectSignedIn,
  expectSignedOut,
  signInAs,
  signInButton,
  signOutButton,
  statusHere,
  test,
} from '../support';
import { ended, openWatching } from '../tabs';

test.use({ suiteArgs: ['--faults'] });
test.afterEach(({ page, suite }) => clearFaults(page, suite));

const NO_SID: Fault = { fault: 'members', document: 'id_token', members: { sid: null } };
const SILENT: Fault = { fault: 'silent_back_channel' };
const SHORT: Fault = { fault: 'short_lived' };

/** Signs in at games, and then at partner without a user choice. */
async function signInAtBoth(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto(`${suite.partner}/login?callbackUrl=/protected`);
  await signInButton(page).first().click();
  await page.waitForURL(`${suite.partner}/protected`);
  await expectSignedIn(page, 'Alice');
}

for (const [what, faults] of [
  ['that has no sid', [NO_SID, SILENT]],
  ['that promises back-channel logout and sends nothing', [SILENT]],
] as const) {
  test(`at a provider ${what}, a sign-out ends this browser's sessions and no others`, async ({ page, suite, browser }) => {
    test.setTimeout(90_000);
    await addFaults(page, suite, ...faults);
    const laptop = await (await browser.newContext()).newPage();
    await signInAtBoth(laptop, suite);
    const kept = await openWatching(laptop.context(), `${suite.store}/protected`);

    await signInAtBoth(page, suite);
    const store = await openWatching(page.context(), `${suite.store}/protected`);
    const partner = await openWatching(page.context(), `${suite.partner}/protected`);
    await page.goto(`${suite.games}/public`);
    await signOutButton(page).first().click();
    for (const tab of [store, partner]) {
      await expect(ended(tab)).toBeVisible();
      await expect(tab.getByText('Alice')).toHaveCount(0);
    }
    for (const tab of [laptop, kept]) {
      await tab.reload();
      await expectSignedIn(tab, 'Alice');
      expect(await statusHere(tab)).toBe(200);
    }
    await laptop.context().close();
  });
}

test('a sign-out of one app keeps the others signed in, even if a revocation would end the whole grant', async ({ page, suite }) => {
  await addFaults(page, suite, { fault: 'revoke_whole_grant' }, SHORT);
  await signInAtBoth(page, suite);
  await page.goto(`${suite.partner}/ssr-logout`);
  await page.getByRole('button', { name: 'Sign out of this app only' }).click();
  await page.waitForURL(/signed-out/);
  await expectSignedOut(page);
  const before = (await counters(page, suite))['refresh_token'] ?? 0;
  await expect
    .poll(async () => {
      await page.goto(`${suite.games}/protected`);
      return ((await counters(page, suite))['refresh_token'] ?? 0) > before;
    })
    .toBe(true);
  await page.reload();
  await expectSignedIn(page, 'Alice');
});

const token = (status: number, body: unknown): Fault => ({
  fault: 'answer',
  endpoint: 'token',
  answer: { status, content_type: 'application/json', body: typeof body === 'string' ? body : JSON.stringify(body) },
});

for (const [what, faults] of [
  ['too many requests', [token(429, { error: 'too_many_requests' })]],
  ['an outage in JSON', [token(503, { error: 'temporarily_unavailable' })]],
  ['a wrong secret', [token(401, { error: 'invalid_client' })]],
  ['an empty answer', [token(200, '')]],
  ['new keys behind a cache', [{ fault: 'rotate_keys' }, { fault: 'stale_keys' }]],
  ['new keys and a slow key set', [{ fault: 'rotate_keys' }, { fault: 'slow', endpoint: 'jwks', ms: 1500 }]],
] satisfies [string, Fault[]][]) {
  test(`${what} at a refresh signs no user out`, async ({ page, suite }) => {
    await addFaults(page, suite, SHORT);
    await signInAs(page, 'Alice', suite.main, '/protected');
    await addFaults(page, suite, ...faults);
    const before = (await counters(page, suite))['refresh_token'] ?? 0;
    const logged = suite.log().length;
    const refreshed = async () => {
      await page.reload();
      await expectSignedIn(page, 'Alice');
      const tried = ((await counters(page, suite))['refresh_token'] ?? 0) > before;
      return tried || suite.log().slice(logged).includes('refresh failed');
    };
    await expect.poll(refreshed, { timeout: 20_000 }).toBe(true);
    await page.reload();
    await expectSignedIn(page, 'Alice');
    await clearFaults(page, suite);
    await page.reload();
    await expectSignedIn(page, 'Alice');
    expect(suite.log()).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/);
  });
}

test('missing claims of an ID token come from the userinfo endpoint', async ({ page, suite }) => {
  const members = { name: null, email: null, given_name: null, family_name: null, email_verified: null };
  await addFaults(page, suite, { fault: 'members', document: 'id_token', members });
  await signInAs(page, 'Alice', suite.main, '/protected');
  expect((await counters(page, suite))['userinfo']).toBeGreaterThan(0);
});

test('unused claims with unexpected types are ignored', async ({ page, suite }) => {
  await addFaults(
    page,
    suite,
    { fault: 'members', document: 'token_answer', members: { expires_in: '3600', scope: ['openid', 'profile'] } },
    { fault: 'members', document: 'id_token', members: { picture: 7, locale: null, address: [], name: 'Alice Adams' } },
  );
  await signInAs(page, 'Alice', suite.main, '/protected');
});

test('the provider\'s error description is in the log and not on the page', async ({ page, suite }) => {
  await page.goto(`${suite.main}/login?callbackUrl=/protected`);
  const asked = page.waitForRequest((request) => request.url().startsWith(`${suite.provider}/authorize`));
  await signInButton(page).click();
  const query = new URL((await asked).url()).searchParams;
  await page.getByRole('button', { name: 'Continue as Alice' }).waitFor();
  const back = new URL(query.get('redirect_uri') ?? '');
  back.search = new URLSearchParams({
    error: 'invalid_scope',
    error_description: 'The scope <b>groups</b>\nis not allowed',
    state: query.get('state') ?? '',
    iss: suite.provider,
  }).toString();
  await page.goto(back.toString());
  await expect(page).toHaveURL(new RegExp(`^${suite.main}/login\\?error=provider_refused`));
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByText('groups')).toHaveCount(0);
  const line = suite.log().split('\n').find((text) => text.includes('invalid_scope')) ?? '';
  expect(line).toContain('groups');
  expect(line).toContain('provider');
});
