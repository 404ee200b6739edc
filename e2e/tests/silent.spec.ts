// Article 3, "How can we perform silent login?": before a protected page asks its visitor to sign in, the app
// asks the provider once, by redirect. All journeys block third-party cookies (playwright.config.ts), so a
// hidden frame would get no answer here.
import {
  type Page,
  PUBLIC_PAGES,
  continueAs,
  expect,
  expectSignedIn,
  expectSignedOut,
  signInAs,
  signInButton,
  signOutButton,
  test,
} from '../support';

const LOGIN = '/login?callbackUrl=%2Fprotected';

/** Counts the page's requests to the provider with `prompt=none`. */
function silentRequests(page: Page, provider: string): () => number {
  let count = 0;
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === provider && url.searchParams.get('prompt') === 'none') count += 1;
  });
  return () => count;
}

test('with a session on games, a protected page of partner opens without a click', async ({ page, suite }) => {
  const asked = silentRequests(page, suite.provider);
  await signInAs(page, 'Alice', suite.games);
  await page.goto(`${suite.partner}/protected?tab=2`);
  await expect(page).toHaveURL(`${suite.partner}/protected?tab=2`);
  await expect(page.getByText('Only signed-in users see this page')).toBeVisible();
  await expectSignedIn(page, 'Alice');
  expect(asked()).toBe(1);
});

test('signed out everywhere, the visitor gets the sign-in page, and the provider is asked once', async ({ page, suite }) => {
  const asked = silentRequests(page, suite.provider);
  for (const _visit of ['first', 'second']) {
    await page.goto(`${suite.partner}/protected`);
    await expect(page).toHaveURL(suite.partner + LOGIN);
    await expectSignedOut(page);
    await expect(page.getByRole('alert')).toHaveCount(0);
    expect(asked()).toBe(1);
  }
  await continueAs(page, 'Bob');
  await page.waitForURL(`${suite.partner}/protected`);
  await expectSignedIn(page, 'Bob');
});

test('the next click does not undo a local sign-out', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await page.goto(`${suite.partner}/session`);
  await expectSignedIn(page, 'Alice');
  const asked = silentRequests(page, suite.provider);
  await page.getByRole('button', { name: 'Sign out of this app only' }).click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await page.goto(`${suite.partner}/protected`);
  await expect(page).toHaveURL(suite.partner + LOGIN);
  expect(asked()).toBe(0);

  // Games stays signed in, and a sign-in by hand still needs no user choice.
  await page.goto(`${suite.games}/protected`);
  await expectSignedIn(page, 'Alice');
  await page.goto(suite.partner + LOGIN);
  await signInButton(page).click();
  await page.waitForURL(`${suite.partner}/protected`);
});

test('after a sign-out of a shared session, none of its apps signs in silently', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  await page.getByRole('button', { name: 'Sign out of this app only' }).click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await page.goto(`${suite.store}/protected`);
  await expect(page).toHaveURL(suite.store + LOGIN);
});

test('after a sign-out everywhere no app signs in silently', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await signOutButton(page).first().click();
  await page.waitForURL(/\/signed-out$/);
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  for (const origin of [suite.games, suite.store, suite.partner]) {
    await page.goto(`${origin}/protected`);
    await expect(page).toHaveURL(origin + LOGIN);
  }
});

test('a public page redirects nowhere', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  const asked = silentRequests(page, suite.provider);
  for (const path of PUBLIC_PAGES) {
    const response = await page.goto(suite.partner + path);
    expect(response?.request().redirectedFrom(), path).toBeNull();
    await expectSignedOut(page);
  }
  expect(asked()).toBe(0);
});

test('the cookie that records the attempt is sealed, hidden from scripts, and ends with the browser', async ({
  page,
  context,
  suite,
}) => {
  await page.goto(`${suite.partner}/protected`);
  await expect(page).toHaveURL(suite.partner + LOGIN);
  const found = (await context.cookies(suite.partner)).filter((cookie) => cookie.name.endsWith('.silent'));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', expires: -1 });
  expect(found[0]?.value, 'sealed').not.toContain('tried');
});
