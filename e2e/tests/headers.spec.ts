// The headers that keep foreign code, frames and caches away.
import { PROTECTED_PAGES, PUBLIC_PAGES, awake, expect, openForeignPage, signInAs, test } from '../support';

test('every page carries the security headers', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const urls = [...PUBLIC_PAGES, ...PROTECTED_PAGES].map((path) => suite.main + path);
  for (const url of [...urls, suite.identity]) {
    const response = await page.request.get(url);
    const headers = response.headers();
    const policy = headers['content-security-policy'] ?? '';
    expect(policy, url).toMatch(/default-src|script-src/);
    expect(policy, url).toContain('frame-ancestors');
    expect(policy, url).toContain("base-uri 'none'");
    expect(policy, url).not.toContain('unsafe-inline');
    expect(policy, url).not.toContain("'unsafe-eval'");
    expect(headers['x-content-type-options'], url).toBe('nosniff');
    expect(headers['referrer-policy'], url).toBeTruthy();
    expect(headers['permissions-policy'], url).toBeTruthy();
    expect(headers['cache-control'], url).toContain('no-store');
    // Only https origins send this header, and this suite uses plain http.
    expect(headers['strict-transport-security'], url).toBeUndefined();
  }
});

test('each request gets a different nonce', async ({ page, suite }) => {
  const nonce = async () => {
    const headers = (await page.request.get(suite.main)).headers();
    return /'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1];
  };
  const [first, second] = [await nonce(), await nonce()];
  expect(first).toBeTruthy();
  expect(first).not.toBe(second);
});

test('a script planted in the markup does not run', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/Content Security Policy/);
  // Simulates user input that the app wrote into the page unescaped.
  const planted = '<script>window.planted = 1</script><img alt="" src="/broken" onerror="window.planted = 2">';
  await page.route(`${suite.main}/login`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('</main>', `${planted}</main>`) });
  });
  const refused = page.waitForEvent('console', (message) => message.text().includes('Content Security Policy'));
  await page.goto(`${suite.main}/login`);
  await refused;
  expect(await page.evaluate(() => 'planted' in window)).toBe(false);
});

test('a foreign site cannot frame a page', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/frame|Content Security Policy|ERR_BLOCKED_BY_RESPONSE/i);
  await openForeignPage(page, `<iframe src="${suite.main}/login"></iframe>`);
  const frame = page.frames().find((candidate) => candidate !== page.mainFrame());
  await expect.poll(() => frame?.url() ?? '').toMatch(/^chrome-error:|^$/);
});

test('scripts cannot read the session cookie', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const cookies = await context.cookies(suite.main);
  const session = cookies.filter((cookie) => cookie.httpOnly);
  expect(session.length).toBeGreaterThan(0);
  for (const cookie of session) {
    expect(cookie.sameSite, cookie.name).toBe('Lax');
    expect(cookie.path, cookie.name).toBe('/');
    expect(cookie.secure, cookie.name).toBe(false);
  }
  expect(await page.evaluate(() => document.cookie)).not.toContain(session[0]?.name ?? '?');
});

test('styles, script and wasm have a content type, and are cached only with revalidation', async ({ page, suite }) => {
  const types: Record<string, string | undefined> = {};
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/pkg/')) return;
    const headers = response.headers();
    types[pathname] = headers['content-type'];
    expect(response.status(), pathname).toBe(200);
    expect(headers['x-content-type-options'], pathname).toBe('nosniff');
    expect(headers['cache-control'], pathname).toBe('no-cache');
  });
  await page.goto(suite.main);
  await awake(page);
  expect(types).toEqual({
    '/pkg/app.css': 'text/css',
    '/pkg/watch.js': 'text/javascript',
    '/pkg/watch.wasm': 'application/wasm',
  });
});
