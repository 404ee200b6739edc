// nginx set up badly: it buffers streams, cuts them off, and forbids the Referer. Everything still works.
import {
  awake,
  enterPartner,
  expect,
  expectSignedIn,
  signInAs,
  signOutAt,
  statusHere,
  test,
} from '../support';
import { certify, reloadNginx, statusOf } from '../tls';

const ENDED = { name: 'You have been signed out' };

test.use({
  behindTls: {
    directives: `
      proxy_buffering on;
      proxy_ignore_headers X-Accel-Buffering;
      proxy_read_timeout 4s;
      proxy_hide_header Referrer-Policy;
      add_header Referrer-Policy no-referrer always;`,
  },
});

test('users sign in and out although no Referer is sent', async ({ page, suite }) => {
  const answer = await page.goto(`${suite.games}/public`);
  expect(answer?.headers()['referrer-policy']).toBe('no-referrer');
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto(`${suite.partner}/protected`);
  await expectSignedIn(page, 'Alice');
  await signOutAt(page, suite.games);
});

test('tabs hear of a sign-out although streams are held back and cut off', async ({ page, context, suite, expectedErrors }) => {
  expectedErrors.push(/auth\/events: .*ERR_HTTP2_PROTOCOL_ERROR/);
  await signInAs(page, 'Alice', suite.games, '/protected');
  const partner = await context.newPage();
  await enterPartner(partner, suite);
  await partner.goto(`${suite.partner}/protected`);
  await awake(partner);
  const tab = await context.newPage();
  await tab.goto(`${suite.games}/protected`);
  await awake(tab);
  await signOutAt(page, suite.games);
  await expect(tab.getByRole('heading', ENDED)).toBeVisible();
  // The stream says nothing; the tab asks when it is cut off.
  await expect(partner.getByRole('heading', ENDED)).toBeVisible({ timeout: 20_000 });
});

test('a certificate that has expired signs no one out', async ({ page, suite, certificates, offset, expectedErrors }) => {
  if (certificates === undefined) throw new Error('there are no certificates');
  expectedErrors.push(/status of 503/, /auth\/events: .*ERR_HTTP2_PROTOCOL_ERROR/);
  await signInAs(page, 'Alice', suite.partner, '/protected');
  const renew = () => page.evaluate(async () => (await fetch('/api/renew-token', { method: 'POST' })).status);
  const isValid = async () => (await statusOf('auth.wow.test', '/healthz', offset, certificates)) === 200;
  await certify(certificates.folder, 'wow.test', -1);
  await reloadNginx(certificates);
  await expect.poll(isValid).toBe(false);
  // This browser does not look at dates; the servers do. Connections that are open already stay in use for a while.
  await expect.poll(renew, { timeout: 20_000 }).toBe(503);
  expect(await statusHere(page)).toBe(200);
  await page.goto(`${suite.partner}/protected`);
  await expectSignedIn(page, 'Alice');
  await certify(certificates.folder, 'wow.test', 2);
  await reloadNginx(certificates);
  await expect.poll(isValid).toBe(true);
  await expect.poll(renew, { timeout: 20_000 }).toBe(200);
  await expectSignedIn(page, 'Alice');
});
