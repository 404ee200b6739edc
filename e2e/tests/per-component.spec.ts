// Article 2, "Handling Authorization Per Component": the page's source contains only what this visitor may
// see.
import { expect, signInAs, test } from '../support';

const FOR_MEMBERS = 'This card was written because you are signed in';
const FOR_GUESTS = 'There is more on this page for signed-in readers';

test('a guest gets no trace of the part for members', async ({ page, suite }) => {
  const source = await (await page.request.get(`${suite.main}/public`)).text();
  expect(source).toContain(FOR_GUESTS);
  expect(source).not.toContain(FOR_MEMBERS);
  await page.goto(`${suite.main}/public`);
  await expect(page.getByText(FOR_GUESTS)).toBeVisible();
});

test('a member gets no trace of the part for guests', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const source = await (await page.request.get(`${suite.main}/public`)).text();
  expect(source).toContain(FOR_MEMBERS);
  expect(source).not.toContain(FOR_GUESTS);
  await page.goto(`${suite.main}/public`);
  await expect(page.getByText('Hello, Alice')).toBeVisible();
});

test('no page contains a token, the session id or another app cookie', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const secrets = (await context.cookies(suite.main)).map((cookie) => cookie.value).filter((value) => value.length > 15);
  expect(secrets.length).toBeGreaterThan(0);
  for (const path of ['/', '/public', '/protected', '/dashboard', '/session']) {
    const source = await (await page.request.get(suite.main + path)).text();
    for (const secret of secrets) expect(source, path).not.toContain(secret);
    expect(source, path).not.toMatch(/access_token|refresh_token|id_token|eyJ[A-Za-z0-9_-]{20}/);
  }
});
