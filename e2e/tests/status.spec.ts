// Article 2: the endpoints that tell pages and programs about a session.
import { expect, signInAs, test } from '../support';

test('the status endpoint answers 200 with the status in its body', async ({ page, suite }) => {
  const ask = async (query = '') => {
    const response = await page.request.get(`${suite.main}/api/get-session-status${query}`);
    expect(response.headers()['cache-control']).toContain('no-store');
    return [response.status(), await response.text()];
  };
  expect(await ask()).toEqual([200, '{"status":401}']);
  expect(await ask('?peek=1')).toEqual([200, '{"status":401}']);
  await signInAs(page, 'Alice', suite.main);
  expect(await ask()).toEqual([200, '{"status":200}']);
  expect(await ask('?peek=1')).toEqual([200, '{"status":200}']);
});

test('the session endpoint returns the user and never a token', async ({ page, suite }) => {
  const session = async () => {
    const response = await page.request.get(`${suite.main}/auth/session`);
    expect(response.status()).toBe(200);
    expect(response.headers()['cache-control']).toContain('no-store');
    return response.text();
  };
  expect(await session()).toBe('null');
  await signInAs(page, 'Alice', suite.main);
  const text = await session();
  const body = JSON.parse(text) as { user: { name: string; email: string }; expires: string };
  expect(Object.keys(body).sort()).toEqual(['expires', 'user']);
  expect(body.user.name).toMatch(/Alice/);
  expect(Date.parse(body.expires)).toBeGreaterThan(Date.now());
  expect(text).not.toMatch(/token|eyJ/i);
});

test('the providers are listed', async ({ page, suite }) => {
  const response = await page.request.get(`${suite.main}/auth/providers`);
  expect(response.status()).toBe(200);
  expect(await response.json()).toHaveProperty('demo');
});

test('a protected endpoint answers a signed-out program with 401, not with a page', async ({ page, suite }) => {
  const response = await page.request.post(`${suite.main}/api/update-user-data`, {
    headers: { origin: suite.main },
    data: {},
  });
  expect(response.status()).toBe(401);
  expect(response.headers()['content-type']).toContain('application/json');
});

test('an unknown field of the user data is refused, and the answer names the field', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const update = (data: unknown) =>
    page.request.post(`${suite.main}/api/update-user-data`, { headers: { origin: suite.main }, data });
  const refused = await update({ isAdmin: true });
  expect(refused.status()).toBe(422);
  expect(await refused.text()).toContain('isAdmin');

  const accepted = await update({ favourite_number: 7 });
  expect(accepted.status()).toBe(200);
  expect(await (await page.request.get(`${suite.main}/auth/session`)).text()).toContain('"favourite_number":7');
});

test('the session page asks the server on demand', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByText('{"status":200}')).toBeVisible();
});

test('every process is alive and ready', async ({ page, suite }) => {
  for (const origin of [suite.main, suite.identity]) {
    for (const path of ['/healthz', '/readyz']) {
      expect((await page.request.get(origin + path)).status(), origin + path).toBe(200);
    }
  }
});
