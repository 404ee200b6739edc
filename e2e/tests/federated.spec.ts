// A provider that sends visitors on to another host, as in a federated login. Chromium checks every redirect after a
// form against the page's `form-action`; the apps know nothing of that host, and need no setting.
import type { Page } from '@playwright/test';
import { FEDERATED, FEDERATED_ARGS } from '../personalities';
import { continueAs, expect, expectSignedIn, expectSignedOut, signInAs, signOutAt, signOutButton, test } from '../support';


test.use({ suiteArgs: FEDERATED_ARGS });

/** Collects the paths that a page requests at the federated host. */
function visits(page: Page): string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(FEDERATED)) paths.push(new URL(request.url()).pathname);
  });
  return paths;
}

test('a sign-in and a sign-out pass through a host that no app knows', async ({ page, suite }) => {
  const passed = visits(page);
  await signInAs(page, 'Alice', suite.games, '/protected');
  expect(passed).toContain('/federated/authorize');
  await signOutAt(page, suite.games);
  expect(passed).toContain('/federated/logout');
  await expectSignedOut(page);
});

test('the form of the sign-in page may lead to this app only', async ({ page, suite }) => {
  const login = await page.goto(`${suite.games}/login`);
  const policy = login?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("form-action 'self';");
});

test('an app on another domain and identity sign in through that host', async ({ page, suite }) => {
  const passed = visits(page);
  await page.goto(`${suite.partner}/login?callbackUrl=/dashboard`);
  await continueAs(page, 'Bob');
  await page.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Bob');
  await page.goto(suite.identity);
  await signOutButton(page).first().click();
  await page.waitForURL(`${suite.identity}/signed-out`);
  expect(passed.filter((path) => path === '/federated/authorize')).toHaveLength(1);
  expect(passed).toContain('/federated/logout');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a sign-in and a sign-out pass through that host', async ({ page, suite }) => {
    const passed = visits(page);
    await page.goto(`${suite.games}/login?callbackUrl=/protected`);
    await continueAs(page, 'Alice');
    await expect(page).toHaveURL(`${suite.games}/protected`);
    await page.goto(`${suite.games}/ssr-logout`);
    await page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
    await expect(page).toHaveURL(`${suite.games}/signed-out`);
    expect(new Set(passed)).toEqual(new Set(['/federated/authorize', '/federated/logout']));
  });
});
