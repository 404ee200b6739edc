// No redirect leads away: return paths stay on the app, and identity sends browsers to registered apps only.
import { continueAs, expect, expectSignedIn, test } from '../support';

const TRICKS = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example/',
  '/%09/evil.example/',
  '/\t/evil.example/',
  'javascript:alert(1)',
  '/a\r\nLocation: https://evil.example/',
  'http:evil.example',
  '@evil.example',
  '.evil.example',
];

test('after a sign-out a return path to another site is ignored', async ({ page, suite }) => {
  for (const trick of TRICKS) {
    const response = await page.request.post(`${suite.main}/auth/signout`, {
      headers: { origin: suite.main },
      form: { callbackUrl: trick, scope: 'local' },
      maxRedirects: 0,
    });
    expect(response.status(), trick).toBe(303);
    const location = new URL(response.headers()['location'] ?? '', suite.main);
    expect(location.origin, trick).toBe(suite.main);
    expect(location.pathname, trick).toBe('/signed-out');
  }
});

test('the sign-in page ignores a return path to another site', async ({ page, suite }) => {
  for (const trick of TRICKS) {
    const url = `${suite.main}/auth/signin?callbackUrl=${encodeURIComponent(trick)}`;
    const response = await page.request.get(url, { maxRedirects: 0 });
    expect(response.status(), trick).toBe(303);
    expect(response.headers()['location'], trick).not.toContain('evil.example');
  }
});

test('a sign-in with a planted return path ends on the start page', async ({ page, suite }) => {
  await page.goto(`${suite.main}/login?callbackUrl=${encodeURIComponent('//evil.example/')}`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.main}/`);
  await expectSignedIn(page, 'Alice');
});

test('identity refuses every source_url that is not registered', async ({ page, suite }) => {
  const port = new URL(suite.main).port;
  const sources = [
    'http://evil.example',
    `${suite.main}.evil.example`,
    `http://evil.example/?${suite.main}`,
    `http://user@localhost:${port}`,
    `http://localhost:${port}@evil.example`,
    `https://localhost:${port}`,
    'http://localhost:1',
    `http://LOCALHOST.:${port}`,
    `http://localhost:${port}\\@evil.example`,
    `//localhost:${port}`,
    `${suite.main}\r\nX: y`,
    'javascript:alert(1)',
    '',
  ];
  const refused = async (query: string) => {
    const response = await page.request.get(`${suite.identity}/authorize?${query}`, { maxRedirects: 0 });
    expect(response.status(), query).toBe(400);
    expect(response.headers()['location'], query).toBeUndefined();
    expect(response.headers()['set-cookie'], query).toBeUndefined();
  };
  for (const source of sources) await refused(`source_url=${encodeURIComponent(source)}&state=s`);
  await refused('state=s');
  const registered = encodeURIComponent(suite.main);
  await refused(`source_url=${registered}&source_url=${registered}&state=s`);
});

test('identity shows a person why it refused', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 400/);
  const response = await page.goto(`${suite.identity}/authorize?source_url=http://evil.example&state=s`);
  expect(response?.status()).toBe(400);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\/authorize/);
});

test('an unknown state is refused by identity and by the app', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 400/);
  const atIdentity = await page.request.get(`${suite.identity}/auth/callback/demo?code=c&state=unknown`, { maxRedirects: 0 });
  expect([303, 400]).toContain(atIdentity.status());
  expect(atIdentity.headers()['location'] ?? '/').toMatch(/^\//);
  await page.goto(`${suite.main}/auth/callback/demo?code=c&state=unknown`);
  await expect(page).toHaveURL(/\/login\?error=invalid_state/);
  await expect(page.getByRole('alert')).toContainText('Please start again');
});

test('the page never repeats the error code of its address', async ({ page, suite }) => {
  await page.goto(`${suite.main}/login?error=${encodeURIComponent('<b>call 555-1234</b>')}`);
  await expect(page.getByRole('alert')).toHaveText('The sign-in did not work. Please try again.');
});
