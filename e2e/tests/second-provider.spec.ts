// Two providers side by side: both buttons in the configured order, users that are kept apart, and a single logout at
// the second one.
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { FIRST_OFFSET, attachLog, expectSignedIn, signOutAt, statusHere } from '../support';
import { watching } from '../tabs';
import { type Suite, origins, startChild, startSuite } from '../suite';

const SECRET = 'the secret of the client at the second provider';
// Beside the ports of the suite that this worker may have started.
const offset = FIRST_OFFSET + 10 * Number(process.env['TEST_PARALLEL_INDEX'] ?? 0) + 5;
const port = 4400 + offset;
const issuer = `http://sso.corp.localhost:${port}`;

let suite: Suite;
let corp: ReturnType<typeof startChild>;

test.beforeAll(async () => {
  const { identity } = origins(offset);
  const profile = process.env['RELEASE'] ? 'release' : 'debug';
  const program = join(resolve(import.meta.dirname, '../..'), 'target', profile, 'dev-provider');
  const args = ['--listen', `127.0.0.1:${port}`, '--issuer', issuer, '--client-id', 'corp-client'];
  args.push('--redirect-uri', `${identity}/auth/callback/corp`);
  args.push('--post-logout-redirect-uri', `${identity}/auth/logout/callback`);
  args.push('--backchannel-logout-uri', `${identity}/auth/backchannel-logout`);
  corp = startChild(program, args, { ...process.env, DEV_PROVIDER_CLIENT_SECRET: SECRET });
  const environment = {
    DEMO: '1',
    AUTH_CORP_ID: 'corp-client',
    AUTH_CORP_SECRET: SECRET,
    AUTH_CORP_ISSUER: issuer,
    AUTH_CORP_NAME: 'Corp account',
    AUTH_PROVIDERS: 'corp,demo',
  };
  suite = await startSuite({ offset, environment });
});

test.afterAll(async () => {
  await suite.stop();
  const ended = once(corp, 'exit');
  if (corp.kill('SIGTERM')) await ended;
});

// eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
test.afterEach(async ({}, info) => attachLog(info, suite.log()));

test('each sign-in page has both buttons in order', async ({ page }) => {
  for (const url of [`${suite.games}/login`, `${suite.partner}/login`, `${suite.identity}/login`]) {
    await page.goto(url);
    const names = await page.getByRole('button', { name: /^Sign in with/ }).allTextContents();
    expect(names.map((name) => name.trim()), url).toEqual(['Sign in with Corp account', 'Sign in with Demo provider']);
  }
});

test('a user of the second provider signs in, is another user, and signs out everywhere', async ({ page, context }) => {
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await page.getByRole('button', { name: 'Sign in with Corp account' }).click();
  await page.waitForURL((url) => url.origin === issuer);
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.games}/protected`);
  await expectSignedIn(page, 'Alice');
  const id = () => page.evaluate(() => fetch('/auth/session').then(async (answer) => (await answer.json()).user.id));
  expect(await id()).toMatch(/^corp:/);

  const partner = await context.newPage();
  await partner.goto(`${suite.partner}/login?callbackUrl=/dashboard`);
  await partner.getByRole('button', { name: 'Sign in with Corp account' }).click();
  await partner.waitForURL(`${suite.partner}/dashboard`);
  await watching(partner);
  await signOutAt(page, suite.games);
  await expect(partner.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  expect(await statusHere(partner)).toBe(401);

  // The same person at the other provider is another user.
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await page.getByRole('button', { name: 'Sign in with Demo provider' }).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.games}/protected`);
  expect(await id()).toMatch(/^demo:/);
  // Partner's waiting tab asks the provider that it knows, and then the one that the user chose now.
  await partner.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(partner, 'Alice');
});
