// Sign-in, the shared session, silent sign-in and a second user, at third-party providers.
import { expectSignedOut, signInButton } from '../support';
import { openWatching } from '../tabs';
import { USERS } from './start';
import { type Page, type SuiteOn, expect, expectNotShown, expectShown, signIn, signOut, test } from './support';

/** Counts the requests to the provider, and how many of them have `prompt=none`. */
function requestsTo(page: Page, suite: SuiteOn): { all: () => number; silent: () => number } {
  const urls: URL[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === suite.provider) urls.push(url);
  });
  const silent = () => urls.filter((url) => url.searchParams.get('prompt') === 'none').length;
  return { all: () => urls.length, silent };
}

test('1. a user signs in at main on localhost, through identity', async ({ page, suite, kind }) => {
  await signIn(page, kind, 'Alice', suite.main, '/protected');
  await expect(page.getByText('Only signed-in users see this page')).toBeVisible();
  const answer = await page.request.get(`${suite.main}/auth/session`);
  const { name, email } = USERS.Alice;
  expect(await answer.json()).toMatchObject({ user: { name, email } });
  expect(JSON.stringify(await answer.json())).not.toContain('token');
});

test('2. a user of games is signed in on store without another request to the provider', async ({ page, suite, kind }) => {
  await signIn(page, kind, 'Alice', suite.games);
  const requests = requestsTo(page, suite);
  await page.goto(`${suite.store}/protected`);
  await expect(page).toHaveURL(`${suite.store}/protected`);
  await expectShown(page, 'Alice');
  expect(requests.all()).toBe(0);
});

test('3. a protected page of partner opens without a click', async ({ page, suite, kind }) => {
  await signIn(page, kind, 'Alice', suite.games);
  const requests = requestsTo(page, suite);
  await page.goto(`${suite.partner}/protected?tab=2`);
  await expect(page).toHaveURL(`${suite.partner}/protected?tab=2`);
  await expectShown(page, 'Alice');
  expect(requests.silent()).toBe(1);
});

test('3. without a session at the provider, the sign-in page comes up, and the provider is asked once', async ({
  page,
  suite,
  kind,
}) => {
  const requests = requestsTo(page, suite);
  for (const _visit of ['first', 'second']) {
    await page.goto(`${suite.partner}/protected`);
    await expect(page).toHaveURL(`${suite.partner}/login?callbackUrl=%2Fprotected`);
    await expectSignedOut(page);
    await expect(page.getByRole('alert')).toHaveCount(0);
    expect(requests.silent()).toBe(1);
  }
  await signIn(page, kind, 'Bob', suite.partner, '/protected');
});

test('8. after a sign-out another user signs in, and all apps show the new user', async ({
  page,
  context,
  suite,
  kind,
  setup,
}) => {
  test.skip(!setup.logoutEndpoint, 'this provider cannot end its session, so the same user would be signed in again');
  await signIn(page, kind, 'Alice', suite.games, '/dashboard');
  await page.goto(`${suite.partner}/dashboard`);
  await expectShown(page, 'Alice');
  const waiting = [
    await openWatching(context, `${suite.store}/dashboard`),
    await openWatching(context, `${suite.partner}/dashboard`),
  ] as const;
  await signOut(page, kind, setup, suite.games);
  for (const tab of waiting) {
    await expect(tab.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
    await expectNotShown(tab, 'Alice');
  }

  const { hasTyped } = await signIn(page, kind, 'Bob', suite.games, '/dashboard');
  expect(hasTyped, 'the provider asks for a user').toBe(true);
  const [store, partner] = waiting;
  // Store shares the session of games: its tab reports the new user, and shows no data of either user.
  await expect(store.getByText('Another user signed in.')).toBeVisible();
  await expect(store.getByText(/Alice|Bob/)).toHaveCount(0);
  // Partner has a separate session: its tab signs in silently and shows the new user's page.
  await expectShown(partner, 'Bob');
  for (const origin of [suite.store, suite.partner]) {
    await page.goto(`${origin}/protected`);
    await expectShown(page, 'Bob');
  }
  for (const origin of [suite.main, suite.identity]) {
    const again = await signIn(page, kind, 'Bob', origin);
    expect(again.hasTyped, `${origin} asks for the user again`).toBe(false);
  }
});

test('8. the sign-in button works for a user who is not signed in at the provider', async ({
  page,
  suite,
  kind,
}) => {
  await page.goto(`${suite.store}/login`);
  await signInButton(page).click();
  await expect(kind.loginForm(page)).toBeVisible();
  await page.goBack();
  await signIn(page, kind, 'Bob', suite.store, '/protected');
});
