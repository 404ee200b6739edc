// Article 2, "Handling Authorization Per Route": on a page load the server answers before anything is
// rendered. On a click the browser asks the server first, and stays on the page if the user is signed out.
import { PROTECTED_PAGES, PUBLIC_PAGES, awake, expect, header, signInAs, test } from '../support';

for (const path of PROTECTED_PAGES) {
  test(`${path} redirects a signed-out visitor with an empty body`, async ({ page, suite }) => {
    const response = await page.request.get(suite.main + path, { maxRedirects: 0 });
    expect(response.status()).toBe(303);
    expect(response.headers()['location']).toBe(`/login?callbackUrl=${encodeURIComponent(path)}`);
    expect(await response.text()).toBe('');
  });
}

test('every path that is not declared public is denied', async ({ page, suite }) => {
  for (const path of ['/unknown', '/Protected', '/protected/', '//protected', '/public/../protected', '/%70rotected']) {
    const response = await page.request.fetch(suite.main + path, { maxRedirects: 0 });
    expect([303, 400, 404], path).toContain(response.status());
    expect(await response.text(), path).not.toContain('Only signed-in users see this page');
  }
});

test('public pages open without a session', async ({ page, suite }) => {
  for (const path of PUBLIC_PAGES) {
    const response = await page.request.get(suite.main + path, { maxRedirects: 0 });
    expect(response.status(), path).toBe(200);
  }
});

test('a click on a protected link stays on the page and explains why', async ({ page, suite }) => {
  await page.goto(`${suite.main}/public`);
  await awake(page);
  await header(page).getByRole('link', { name: 'Protected' }).click();
  await expect(page.getByText('Please sign in to continue')).toBeVisible();
  await expect(page).toHaveURL(`${suite.main}/public`);

  await page.getByRole('link', { name: 'Go to sign-in' }).click();
  await expect(page).toHaveURL(`${suite.main}/login?callbackUrl=${encodeURIComponent('/protected')}`);
});

test('a click on a protected link opens it for a signed-in user', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/public');
  await awake(page);
  await header(page).getByRole('link', { name: 'Protected' }).click();
  await page.waitForURL(`${suite.main}/protected`);
  await expect(page.getByText('Only signed-in users see this page')).toBeVisible();
});

test('the next click detects a session that ended elsewhere', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/public');
  await awake(page);
  const other = await context.newPage();
  await other.goto(`${suite.main}/ssr-logout`);
  await other.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(other.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();

  await header(page).getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByText('Please sign in to continue')).toBeVisible();
  await expect(page).toHaveURL(`${suite.main}/public`);
});
