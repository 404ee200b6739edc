// Single logout at third-party providers: with a back-channel logout URL and without, confirmed and declined.
import { signInButton, statusHere } from '../support';
import { openWatching } from '../tabs';
import {
  expect,
  expectAllEnded,
  expectShown,
  linesSince,
  openEverywhere,
  signIn,
  signInEverywhere,
  signOut,
  test,
} from './support';

const IDENTITY_WAS_TOLD = /^identity\b.*a logout token ended sessions/;

for (const app of ['games', 'main', 'partner'] as const) {
  test(`5. and 6. a sign-out in ${app} ends every app`, async ({ page, context, suite, kind, setup }) => {
    await signInEverywhere(page, kind, 'Alice', suite);
    const tabs = await openEverywhere(context, suite);
    const mark = suite.log().length;
    await signOut(page, kind, setup, suite[app]);
    await expectAllEnded(tabs, 'Alice', page, suite);
    const told = linesSince(suite, mark, IDENTITY_WAS_TOLD).length;
    if (setup.backchannel === 'none') expect(told, 'the provider told identity').toBe(0);
    else expect(told, 'the provider told identity').toBeGreaterThan(0);
  });
}

test('5. a sign-out at the provider itself ends every app', async ({ page, context, suite, kind, setup }) => {
  test.skip(setup.backchannel === 'none', 'without a back-channel logout URL, the provider tells no app');
  await signInEverywhere(page, kind, 'Alice', suite);
  const tabs = await openEverywhere(context, suite);
  await page.goto(`${suite.provider}/session/end`);
  await kind.logout?.yes(page).click();
  await expectAllEnded(tabs, 'Alice', page, suite);
});

test('6. a sign-out at identity ends every app', async ({ page, context, suite, kind, setup }) => {
  await signInEverywhere(page, kind, 'Alice', suite);
  const tabs = await openEverywhere(context, suite);
  const mark = suite.log().length;
  await signOut(page, kind, setup, suite.identity);
  const told = () => linesSince(suite, mark, /^identity\b.*logout delivered/).length;
  await expect.poll(told, 'apps that identity told').toBeGreaterThanOrEqual(3);
  await expectAllEnded(tabs, 'Alice', page, suite);
});

test('6. a sign-out in one browser leaves the same user signed in in another', async ({
  page,
  browser,
  suite,
  kind,
  setup,
}) => {
  test.skip(setup.backchannel === 'sub', 'a logout token with `sub` alone ends every session of the user');
  test.skip(setup.kind === 'django-allauth', 'this provider deletes the tokens of the user in every browser');
  await signIn(page, kind, 'Alice', suite.partner, '/protected');
  const other = await (await browser.newContext()).newPage();
  await signIn(other, kind, 'Alice', suite.partner, '/protected');
  await signOut(page, kind, setup, suite.partner);
  // Waits longer than identity needs to tell every app.
  await other.waitForTimeout(2000);
  expect(await statusHere(other)).toBe(200);
  await other.reload();
  await expectShown(other, 'Alice');
  await other.context().close();
});

test('7. a user who answers "no" at logout is signed out of every app, and can sign in again', async ({
  page,
  context,
  suite,
  kind,
  setup,
}) => {
  test.skip(!setup.logoutEndpoint, 'this provider has no logout page');
  test.skip(kind.logout === undefined, 'this provider does not ask a client that sends an ID token');
  await signInEverywhere(page, kind, 'Alice', suite);
  const tabs = await openEverywhere(context, suite);
  await signOut(page, kind, setup, suite.games, 'no');
  await expectAllEnded(tabs, 'Alice', page, suite);
  await Promise.all(tabs.map((tab) => tab.close()));

  // The provider still knows the user, so a sign-in by hand asks for consent at most.
  for (const origin of [suite.games, suite.partner, suite.main, suite.identity]) {
    const { hasTyped } = await signIn(page, kind, 'Alice', origin);
    expect(hasTyped, `${origin} asks for the user again`).toBe(false);
  }
  // The new sessions stay.
  for (const origin of [suite.games, suite.store, suite.partner, suite.main]) {
    await page.goto(`${origin}/protected`);
    await expect(page).toHaveURL(`${origin}/protected`);
    await expectShown(page, 'Alice');
  }
});

test('7. right after a sign-out the same user can sign in again', async ({ page, context, suite, kind, setup }) => {
  await signIn(page, kind, 'Alice', suite.games, '/protected');
  const tab = await openWatching(context, `${suite.store}/dashboard`);
  await signOut(page, kind, setup, suite.games);
  await signIn(page, kind, 'Alice', suite.games, '/protected');
  await expect(tab.getByRole('heading', { name: 'You have been signed out' })).toHaveCount(0);
  await expectShown(tab, 'Alice');
  await page.waitForTimeout(3000);
  await page.reload();
  await expect(page).toHaveURL(`${suite.games}/protected`);
  await expectShown(page, 'Alice');
});

test('7. without a logout page at the provider, the next sign-in by hand is not locked out', async ({
  page,
  suite,
  kind,
  setup,
}) => {
  test.skip(setup.logoutEndpoint, 'this provider has a logout page');
  await signIn(page, kind, 'Alice', suite.partner, '/protected');
  await signOut(page, kind, setup, suite.partner);
  for (const _try of ['first', 'second']) {
    await page.goto(`${suite.partner}/login?callbackUrl=%2Fprotected`);
    await signInButton(page).click();
    await expect(kind.loginForm(page).or(kind.consent(page)).or(page.getByRole('alert'))).toBeVisible();
  }
  await expect(page.getByRole('alert')).toHaveCount(0);
});
