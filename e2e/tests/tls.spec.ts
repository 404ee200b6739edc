// The suite at https addresses, behind nginx with the file from docs/deploy.
import { request } from 'node:https';
import { cookiesAt, httpsJourneys } from '../https';
import { expect, expectSignedIn, signInAs, test } from '../support';

test.use({ behindTls: {} });

httpsJourneys();

test('cookies are Secure, with the prefixes of their scope', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  const games = await cookiesAt(page, suite.games);
  const shared = games.find(({ name }) => name.startsWith('__Secure-') && name.endsWith('session'));
  expect(shared).toMatchObject({ domain: '.wow.test', secure: true, httpOnly: true, sameSite: 'Lax', path: '/' });
  await page.goto(`${suite.partner}/protected`);
  await expectSignedIn(page, 'Alice');
  const own = (await cookiesAt(page, suite.partner)).find(({ name }) => name.endsWith('session'));
  expect(own).toMatchObject({ domain: 'partner.test', secure: true, httpOnly: true, sameSite: 'Lax', path: '/' });
  expect(own?.name).toMatch(/^__Host-/);
  for (const origin of [suite.games, suite.partner, suite.identity]) {
    for (const cookie of await cookiesAt(page, origin)) {
      expect(cookie, origin).toMatchObject({ secure: true, httpOnly: true });
      expect(cookie.name, origin).toMatch(/^__(Host|Secure)-/);
    }
  }
});

test('pages come over HTTP/2 with HSTS, and plain http leads to https', async ({ page, suite }) => {
  const answer = await page.goto(`${suite.games}/public`);
  expect(answer?.headers()['strict-transport-security']).toMatch(/max-age=\d{7,}/);
  const protocol = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return entry?.nextHopProtocol;
  });
  expect(protocol).toBe('h2');
  await page.goto('http://store.wow.test/public');
  await expect(page).toHaveURL(`${suite.store}/public`);
});

test('another name under the same address gets no page', async ({ offset, certificates }) => {
  const status = await new Promise<string>((resolve) => {
    const options = { port: 4443 + offset, host: '127.0.0.1', servername: 'evil.example', ca: certificates?.authority };
    const sent = request({ ...options, path: '/', headers: { host: 'games.wow.test' } }, (answer) =>
      resolve(String(answer.statusCode)),
    );
    sent.on('error', (error) => resolve(error.message));
    sent.end();
  });
  expect(status).toMatch(/alert|unrecognized|handshake/i);
});
