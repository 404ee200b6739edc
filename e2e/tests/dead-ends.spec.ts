// People open a link twice, press Back, click twice, restore a tab or follow a link in an email. None of it strands them.
import { continueAs, expect, expectSignedIn, openForeignPage, signInButton, test } from '../support';

test('a double click on the sign-in button signs in once', async ({ page, suite }) => {
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await signInButton(page).first().dblclick();
  // The second click begins a second sign-in, whose page at the provider may replace the first one.
  const go = page.getByRole('button', { name: 'Continue as Alice' });
  await expect(async () => {
    if (await go.isVisible()) await go.dblclick({ timeout: 2_000 });
    await expect(page).toHaveURL(`${suite.games}/protected`, { timeout: 3_000 });
  }).toPass({ timeout: 20_000 });
  await expectSignedIn(page, 'Alice');
});

test('Back from the page leads to no error', async ({ page, suite }) => {
  await page.goto(`${suite.games}/public`);
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.games}/protected`);
  for (let step = 0; step < 4 && !page.url().endsWith('/public'); step += 1) {
    await page.goBack();
    await expect(page.getByText(/^Error 4/)).toHaveCount(0);
  }
  await page.goto(`${suite.games}/protected`);
  await expectSignedIn(page, 'Alice');
});

test('Back from the provider leads to the sign-in page, not through the page that goes on', async ({ page, suite }) => {
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await signInButton(page).first().click();
  await page.getByRole('button', { name: 'Continue as Alice' }).waitFor();
  await page.goBack();
  await expect(page).toHaveURL(`${suite.games}/login?callbackUrl=/protected`);
  await continueAs(page, 'Alice');
  await expect(page).toHaveURL(`${suite.games}/protected`);
});

test('a restored tab at any step of the way leads to the page', async ({ page, suite }) => {
  const steps: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.method() === 'GET') steps.push(request.url());
  });
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.games}/protected`);
  const way = steps.filter((step) => /\/auth\/continue|\/authorize|\/auth\/callback/.test(step));
  expect(way.length).toBeGreaterThanOrEqual(4);
  // Signed in, each of these addresses leads on.
  for (const step of way) {
    await page.goto(step);
    await expect(page).toHaveURL(`${suite.games}/protected`);
  }
  // Signed out in the meantime, the ones of this app offer the sign-in that leads to the page.
  await page.context().clearCookies();
  for (const step of way.filter((step) => step.startsWith(suite.games))) {
    await page.goto(step);
    await expect(page).toHaveURL(/\/login\?error=invalid_state&callbackUrl=%2Fprotected$/);
    await expect(signInButton(page).first()).toBeVisible();
  }
});

test('a link in an email opens the page: signed in at once, else after the sign-in', async ({ page, suite }) => {
  const link = `<a href="${suite.games}/protected?mail=1">Open</a>`;
  await openForeignPage(page, link);
  await page.getByRole('link', { name: 'Open' }).click();
  await continueAs(page, 'Alice');
  await expect(page).toHaveURL(`${suite.games}/protected?mail=1`);

  await openForeignPage(page, link);
  await page.getByRole('link', { name: 'Open' }).click();
  await expect(page).toHaveURL(`${suite.games}/protected?mail=1`);
  await expectSignedIn(page, 'Alice');
});

test('without identity\'s cookies, its error page leads back to the app and the page', async ({
  page,
  suite,
  expectedErrors,
}) => {
  expectedErrors.push(/status of 400/);
  // The provider's page stays open; meanwhile the browser loses identity's cookies.
  await page.goto(`${suite.partner}/login?callbackUrl=/dashboard`);
  await signInButton(page).first().click();
  const go = page.getByRole('button', { name: 'Continue as Alice' });
  await go.waitFor();
  // Another browser, or a browser that has lost its cookies.
  await page.context().clearCookies({ domain: new URL(suite.identity).hostname });
  await go.click();
  await expect(page.getByRole('alert')).toBeVisible();
  // The app's part of the sign-in is still under way, so it goes to identity and the provider again.
  await page.getByRole('link', { name: 'Go on to Partner' }).click();
  await expect(page).toHaveURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Alice');
});

test.describe('without cookies', () => {
  test('a browser that refuses cookies is told so before it leaves the app', async ({ page, suite }) => {
    // Removes the cookie of the sign-in before the browser can send it.
    await page.route(`${suite.games}/auth/continue?*`, async (route) => {
      await page.context().clearCookies();
      const { cookie: _, ...headers } = await route.request().allHeaders();
      await route.continue({ headers });
    });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith(suite.provider)) asked.push(request.url());
    });
    await page.goto(`${suite.games}/login?callbackUrl=/protected`);
    await signInButton(page).first().click();
    await expect(page).toHaveURL(/\/login\?error=invalid_state&callbackUrl=%2Fprotected$/);
    expect(asked).toEqual([]);
  });
});
