// Article 5: a user who is signed in at identity opens another app and is signed in there.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContext } from '@playwright/test';
import {
  type Page,
  type Suite,
  continueAs,
  expect,
  expectSignedIn,
  expectSignedOut,
  signInAs,
  signOutButton,
  test,
} from '../support';

const run = promisify(execFile);

const open = (page: Page, app: string) => page.getByRole('button', { name: `Open ${app}`, exact: true });
const entry = (page: Page, app: string) => page.getByRole('listitem').filter({ has: open(page, app) });

/** Signs in at identity and ends on the launcher. */
async function atLauncher(page: Page, user: 'Alice' | 'Bob', identity: string): Promise<void> {
  await signInAs(page, user, identity);
}

/**
 * Opens an app step by step in this browser. Returns the address with the token, which the app has not
 * received yet.
 */
async function caught(page: Page, app: string, identity: string): Promise<string> {
  const request = page.request;
  const options = { maxRedirects: 0, headers: { origin: identity } };
  const pressed = await request.post(`${identity}/handoff/${app}`, { ...options, form: {} });
  const start = /content="0;url=([^"]*)"/.exec(await pressed.text())?.[1]?.replaceAll('&amp;', '&') ?? '';
  let step = await request.get(start, options);
  step = await request.get(step.headers()['location'] ?? '', options);
  const address = step.headers()['location'] ?? '';
  expect(address).toContain('/callback?handoff_token=');
  return address;
}

/**
 * Asks an app for the status of this browser's session, in a page, because only browsers resolve every
 * `*.localhost`.
 */
async function statusAt(context: BrowserContext, origin: string): Promise<string> {
  const page = await context.newPage();
  await page.goto(`${origin}/api/get-session-status?peek=1`);
  const said = await page.locator('body').innerText();
  await page.close();
  return said;
}

/** Signs Alice in on partner, and deletes the provider's cookies from this browser. */
async function aliceOnPartner(page: Page, context: BrowserContext, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.partner);
  await context.clearCookies({ domain: 'auth.wow.localhost' });
}

test('one click opens partner signed in, and the token stays in no log, page or referrer', async ({ page, suite }) => {
  await atLauncher(page, 'Alice', suite.identity);
  await expect(entry(page, 'Partner').getByText('Not signed in there yet')).toBeVisible();
  const tokens: string[] = [];
  const referrers: string[] = [];
  page.on('request', (request) => {
    const token = new URL(request.url()).searchParams.get('handoff_token');
    if (token !== null) tokens.push(token);
    void request.headerValue('referer').then((referrer) => referrers.push(referrer ?? ''));
  });
  await open(page, 'Partner').click();
  await page.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Alice');
  expect(tokens).toHaveLength(1);
  expect(tokens[0]).toHaveLength(43);
  expect(referrers.join('\n')).not.toContain('handoff_token');
  expect(suite.log()).not.toContain(tokens[0] ?? '?');
  expect(await page.content()).not.toContain(tokens[0] ?? '?');
  // The back button leads straight to the launcher.
  await page.goBack();
  await expect(page).toHaveURL(`${suite.identity}/`);
  await page.reload();
  await expect(entry(page, 'Partner').getByText('Signed in there', { exact: true })).toBeVisible();
});

test('apps on the same site open too, and share their session', async ({ page, suite }) => {
  await atLauncher(page, 'Alice', suite.identity);
  await open(page, 'Games').click();
  await page.waitForURL(`${suite.main}/dashboard`);
  await expectSignedIn(page, 'Alice');
  await page.goto(suite.identity);
  await expect(entry(page, 'Store').getByText('Signed in there', { exact: true })).toBeVisible();
  await open(page, 'Store').click();
  await page.waitForURL(`${suite.store}/dashboard`);
  await expectSignedIn(page, 'Alice');
  await page.goto(`${suite.games}/dashboard`);
  await expectSignedIn(page, 'Alice');
});

test('a signed-out user signs in on the way', async ({ page, suite }) => {
  await page.goto(suite.identity);
  await open(page, 'Partner').click();
  await page.waitForURL(`${suite.identity}/login?**`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Alice');
});

test('the launcher shows a user who is signed in elsewhere, without a click', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await page.goto(suite.identity);
  await expect(page).toHaveURL(`${suite.identity}/`);
  await expectSignedIn(page, 'Alice');
});

test('the launcher opens for a signed-out visitor, without a loop', async ({ page, suite }) => {
  await page.goto(suite.identity);
  await expect(page).toHaveURL(`${suite.identity}/`);
  await expectSignedOut(page);
  await expect(open(page, 'Partner')).toBeVisible();
});

test('a sign-out on an opened app reaches identity and the other apps', async ({ page, context, suite }) => {
  await atLauncher(page, 'Alice', suite.identity);
  await open(page, 'Games').click();
  await page.waitForURL(`${suite.main}/dashboard`);
  const launcher = await context.newPage();
  await launcher.goto(suite.identity);
  await open(launcher, 'Partner').click();
  await launcher.waitForURL(`${suite.partner}/dashboard`);
  await signOutButton(launcher).first().click();
  await launcher.waitForURL(`${suite.partner}/signed-out`);
  for (const origin of [suite.main, suite.identity, suite.partner]) {
    await expect.poll(() => statusAt(context, origin)).toContain('401');
  }
});

test('an intercepted link does nothing in another browser', async ({
  page,
  browser,
  suite,
}) => {
  await atLauncher(page, 'Alice', suite.identity);
  const address = await caught(page, 'games', suite.identity);
  const other = await browser.newContext();
  const victim = await other.newPage();
  await signInAs(victim, 'Bob', suite.main);
  await victim.goto(address);
  await expect(victim).toHaveURL(`${suite.main}/login?error=invalid_state`);
  await expect(victim.getByRole('alert')).toContainText('started in another browser');
  await expectSignedIn(victim, 'Bob');
  await other.close();
  // The link still works in the first browser, once.
  await page.goto(address);
  await page.waitForURL(`${suite.main}/dashboard`);
  await expectSignedIn(page, 'Alice');
  await page.goto(address);
  await expect(page).toHaveURL(`${suite.main}/login?error=invalid_state`);
  await expectSignedIn(page, 'Alice');
});

test('a link past the start signs no user in, and leads to the launcher', async ({ page, context, suite }) => {
  await atLauncher(page, 'Alice', suite.identity);
  await page.goto(`${suite.partner}/handoff/start?iss=${encodeURIComponent(suite.identity)}`);
  await expect(page).toHaveURL(`${suite.identity}/?open=partner`);
  await expect(page.getByText('A link brought you here on the way to Partner')).toBeVisible();
  expect(await statusAt(context, suite.partner)).toContain('401');
  await open(page, 'Partner').click();
  await page.waitForURL(`${suite.partner}/dashboard`);
});

test('if another user is signed in at the app, the app asks first', async ({ page, context, suite }) => {
  await aliceOnPartner(page, context, suite);
  await atLauncher(page, 'Bob', suite.identity);
  await open(page, 'Partner').click();
  await expect(page.getByRole('heading', { name: 'Go on as Bob Brown?' })).toBeVisible();
  await page.getByRole('button', { name: 'Stay as Alice Adams' }).click();
  await page.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Alice');

  await page.goto(suite.identity);
  await open(page, 'Partner').click();
  await page.getByRole('button', { name: 'Go on as Bob Brown' }).click();
  await page.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Bob');
});

test('the sign-in page explains each error and shows the sign-in button', async ({ page, suite }) => {
  for (const [code, sentence] of [
    ['handoff_failed', 'This app could not be opened'],
    ['token_expired', 'Opening this app took too long'],
    ['invalid_state', 'started in another browser'],
  ]) {
    await page.goto(`${suite.partner}/login?error=${code}`);
    await expect(page.getByRole('alert')).toContainText(sentence ?? '?');
    await expect(page.getByRole('button', { name: /^Sign in with/ })).toBeVisible();
  }
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the launcher opens apps, and the app asks before it replaces another user', async ({ page, context, suite }) => {
    await aliceOnPartner(page, context, suite);
    await atLauncher(page, 'Bob', suite.identity);
    await open(page, 'Games').click();
    await page.waitForURL(`${suite.main}/dashboard`);
    await expectSignedIn(page, 'Bob');
    await page.goto(suite.identity);
    await open(page, 'Partner').click();
    await page.getByRole('button', { name: 'Go on as Bob Brown' }).click();
    await page.waitForURL(`${suite.partner}/dashboard`);
    await expectSignedIn(page, 'Bob');
  });
});

test('the curl recipe in docs/flows/handoff.md works unchanged', async ({ suite }) => {
  const page = await readFile(resolve(import.meta.dirname, '../../docs/flows/handoff.md'), 'utf8');
  const recipe = /```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(recipe).toContain('curl');
  // Replaces only what differs from `make run`: the ports, and the folder with the secrets.
  const offset = Number(new URL(suite.identity).port) - 4200;
  const moved = recipe
    .replace(/:(420\d|4300)\b/g, (_, port) => `:${Number(port) + offset}`)
    .replaceAll('data/secrets', `${suite.dataDir}/secrets`);
  const folder = await mkdtemp(join(tmpdir(), 'recipe-'));
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', moved], { env: { ...process.env, TMPDIR: folder } });
  await rm(folder, { recursive: true, force: true });
  const [answer, again, told] = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 300, user: { name: 'Alice Adams' } });
  expect(again).toMatchObject({ error: 'invalid_token' });
  expect(told).toMatchObject({ sub: 'demo|alice', name: 'Alice Adams', email_verified: true });
});
