// Requests from other sites, and GET requests, change nothing.
import { expect, expectSignedIn, openForeignPage, sessionStatus, signInAs, test } from '../support';

test('a form on another site cannot sign a user out', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 403/);
  await signInAs(page, 'Alice', suite.games);
  const attacks = [
    `<form method=post action="${suite.games}/auth/signout"><button>Go</button></form>`,
    `<form method=post action="${suite.games}/auth/signout" enctype="text/plain"><button>Go</button></form>`,
    `<form method=post action="${suite.games}/auth/signin/demo"><button>Go</button></form>`,
    `<form method=post action="${suite.games}/api/update-user-data"><button>Go</button></form>`,
  ];
  for (const html of attacks) {
    const tab = await page.context().newPage();
    await openForeignPage(tab, html);
    const answer = tab.waitForResponse((response) => response.request().method() === 'POST');
    await tab.getByRole('button', { name: 'Go' }).click();
    expect((await answer).status(), html).toBe(403);
    await tab.close();
  }
  await page.goto(`${suite.games}/protected`);
  await expectSignedIn(page, 'Alice');
});

test('registered apps count as other sites too', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 403/, /Failed to fetch|CORS|ERR_FAILED/, /Content Security Policy/);
  await signInAs(page, 'Alice', suite.games);
  const tab = await page.context().newPage();
  await tab.route(`${suite.partner}/attack`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><title>x</title><form method=post action="${suite.games}/auth/signout"><button>Go</button></form>`,
    }),
  );
  await tab.goto(`${suite.partner}/attack`);
  const answer = tab.waitForResponse((response) => response.request().method() === 'POST');
  await tab.getByRole('button', { name: 'Go' }).click();
  expect((await answer).status()).toBe(403);
  await page.goto(`${suite.games}/protected`);
  await expectSignedIn(page, 'Alice');
});

test('a POST with a foreign, null or missing origin is refused', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const headers: Record<string, string>[] = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: suite.identity },
    { origin: `${suite.main}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const header of headers) {
    const response = await page.request.post(`${suite.main}/auth/signout`, { headers: header, form: {}, maxRedirects: 0 });
    expect(response.status(), JSON.stringify(header)).toBe(403);
  }
  expect(await sessionStatus(page, suite.main)).toBe(200);
});

test('a GET signs no user out', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 40[45]|ERR_BLOCKED_BY_RESPONSE/);
  await signInAs(page, 'Alice', suite.main);
  // Chromium shows its own error page for a refusal without a body.
  await page.goto(`${suite.main}/auth/signout`).catch(() => null);
  expect(await sessionStatus(page, suite.main)).toBe(200);
  // The request arrives, but the foreign page does not get the answer (Cross-Origin-Resource-Policy).
  const failed = page.waitForEvent('requestfailed', (request) => request.url() === `${suite.main}/auth/signout`);
  await openForeignPage(page, `<img alt="" src="${suite.main}/auth/signout">`);
  expect((await failed).failure()?.errorText).toContain('ERR_BLOCKED_BY_RESPONSE');
  expect(await sessionStatus(page, suite.main)).toBe(200);
});

test('a body that is too large, or of the wrong type, changes nothing', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const url = `${suite.main}/api/update-user-data`;
  const origin = suite.main;
  const large = await page.request.post(url, { headers: { origin }, data: { favourite_number: 'x'.repeat(70_000) } });
  expect(large.status()).toBe(413);
  const form = await page.request.post(url, { headers: { origin }, form: { favourite_number: '1' } });
  expect(form.status()).toBe(415);
  expect(await sessionStatus(page, suite.main)).toBe(200);
});

test('a request for an unknown host is refused', async ({ page, suite }) => {
  const port = new URL(suite.main).port;
  for (const host of ['evil.example', `evil.example:${port}`, `localhost.evil.example:${port}`]) {
    const response = await page.request.get(`http://127.0.0.1:${port}/`, { headers: { host }, maxRedirects: 0 });
    expect(response.status(), host).toBe(421);
    expect(await response.text()).not.toContain(host);
  }
});
