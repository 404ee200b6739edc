// Article 1: sign-in through the identity app, and sign-out.
import {
  PROTECTED_PAGES,
  PUBLIC_PAGES,
  continueAs,
  expect,
  expectSignedIn,
  expectSignedOut,
  header,
  sessionStatus,
  signInAs,
  signInButton,
  signOutButton,
  test,
} from '../support';

test('signing in leads through identity to the provider and back', async ({ page, suite }) => {
  const visited: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) visited.push(request.url());
  });
  await page.goto(suite.main);
  await expectSignedOut(page);
  await header(page).getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/login/);
  await continueAs(page, 'Alice');

  await page.waitForURL(`${suite.main}/`);
  await expectSignedIn(page, 'Alice');
  const trail = visited.map((url) => new URL(url)).map((url) => url.origin + url.pathname);
  const stations = [
    `${suite.main}/auth/signin/demo`,
    `${suite.identity}/authorize`,
    `${suite.provider}/authorize`,
    `${suite.identity}/auth/callback/demo`,
    `${suite.main}/auth/callback/demo`,
    `${suite.main}/`,
  ];
  expect(trail.filter((station) => stations.includes(station)).slice(-stations.length)).toEqual(stations);
});

test('the address after a sign-in contains no code and no state', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  expect(page.url()).toBe(`${suite.main}/dashboard`);
});

test('every page shows who is signed in', async ({ page, suite }) => {
  await signInAs(page, 'Bob', suite.main);
  for (const path of [...PUBLIC_PAGES, ...PROTECTED_PAGES]) {
    await page.goto(suite.main + path);
    await expectSignedIn(page, 'Bob');
  }
});

test('a sign-out ends the session at the app and at the provider', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  await signOutButton(page).first().click();
  await page.waitForURL(/\/signed-out$/);
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(suite.main);
  expect(await sessionStatus(page, suite.main)).toBe(401);

  // The provider asks for a user again.
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await expect(page.getByRole('button', { name: 'Continue as Bob' })).toBeVisible();
  await expect(page.getByText('You are signed in as')).toHaveCount(0);
});

test('a saved session cookie opens nothing after the sign-out', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const kept = await context.cookies(suite.main);
  await signOutButton(page).first().click();
  await page.waitForURL(/\/signed-out$/);
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();

  await context.addCookies(kept);
  expect(await sessionStatus(page, suite.main)).toBe(401);
  await page.goto(`${suite.main}/protected`);
  await expect(page).toHaveURL(/\/login\?callbackUrl=/);
});

test('a sign-out of one app only keeps the session at the provider', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  await page.getByRole('button', { name: 'Sign out of this app only' }).click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  expect(await sessionStatus(page, suite.main)).toBe(401);

  // The next sign-in needs no user choice.
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.waitForURL(`${suite.main}/`);
  await expectSignedIn(page, 'Alice');
});

test('cancelling at the provider leads back to the sign-in page with a sentence', async ({ page, suite }) => {
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page).toHaveURL(/\/login\?error=access_denied/);
  await expect(page.getByRole('alert')).toContainText('cancelled');
});

test('the session id is new at every sign-in', async ({ page, context, suite }) => {
  const ids = async () => {
    const cookies = await context.cookies(suite.main);
    // Identity's cookies for this browser stay, because they open no session.
    const names = ['identity.browser', 'identity.browser_ref'];
    const opening = cookies.filter((cookie) => cookie.httpOnly && !names.includes(cookie.name));
    return opening.map((cookie) => `${cookie.name}=${cookie.value}`);
  };
  await signInAs(page, 'Alice', suite.main);
  const first = await ids();
  expect(first.length).toBeGreaterThan(0);
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.waitForURL(`${suite.main}/`);
  expect((await ids()).filter((id) => first.includes(id))).toEqual([]);
});

test('the log contains no code, state, token or cookie', async ({ page, context, suite }) => {
  const secrets: string[] = [];
  page.on('request', (request) => {
    for (const [name, value] of new URL(request.url()).searchParams) {
      if (['code', 'state', 'nonce', 'code_challenge', 'id_token_hint'].includes(name)) secrets.push(value);
    }
  });
  await signInAs(page, 'Alice', suite.main);
  secrets.push(...(await context.cookies()).map((cookie) => cookie.value));
  await signOutButton(page).first().click();
  await page.waitForURL(/\/signed-out$/);
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();

  expect(secrets.length).toBeGreaterThan(4);
  expect(suite.log()).toContain('signed in');
  for (const secret of secrets.filter((value) => value.length > 8)) expect(suite.log()).not.toContain(secret);
});
