// A pull-request preview at https://pr-7.preview.test: the main app, with the settings that a preview gets and no others.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { listens } from '../nginx';
import { type Suite, startChild } from '../suite';
import { type Certificates, HOSTS, hostAddresses, previewPort } from '../tls';
import { awake, continueAs, expect, expectSignedIn, signInAs, signInButton, signOutAt, test } from '../support';

const PREVIEW = `https://${HOSTS.preview}`;
const ENDED = { name: 'You have been signed out' };

test.use({ behindTls: {} });

/** Starts the preview. */
async function startPreview(suite: Suite, offset: number, { authority }: Certificates): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'preview-'));
  const secret = (name: string) => readFile(join(suite.dataDir, 'secrets', name), 'utf8');
  const root = resolve(import.meta.dirname, '../..');
  const site = join(root, 'target/site/main');
  const child = startChild(join(root, 'target', process.env['RELEASE'] ? 'release' : 'debug', 'main'), [], {
    PUBLIC_URL: PREVIEW,
    AUTH_SECRET: randomBytes(33).toString('base64'),
    SESSION_STORE_URL: `sqlite://${folder}/sessions.db`,
    AUTH_DEMO_ID: 'previews',
    AUTH_DEMO_SECRET: await secret('demo-preview-client'),
    AUTH_DEMO_ISSUER: suite.provider,
    AUTH_REDIRECT_PROXY_URL: `${suite.identity}/auth`,
    AUTH_IDENTITY_ID: 'previews',
    AUTH_IDENTITY_SECRET: await secret('preview-client'),
    // Where it runs.
    LEPTOS_SITE_ADDR: `127.0.0.1:${previewPort(offset)}`,
    LEPTOS_SITE_ROOT: site,
    LEPTOS_OUTPUT_NAME: 'app',
    // This test's hosts and certificates.
    AUTH_HOST_ADDRESSES: hostAddresses(offset).join(','),
    SSL_CERT_FILE: authority,
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'exit');
  const failed = ended.then(() => {
    throw new Error(`the preview ended:\n${log}`);
  });
  failed.catch(() => undefined);
  await Promise.race([listens('127.0.0.1', previewPort(offset)), failed]);
  return async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true });
  };
}

let stop: (() => Promise<void>) | undefined;

test.beforeEach(async ({ suite, offset, certificates }) => {
  if (certificates === undefined) throw new Error('a preview needs certificates');
  stop = await startPreview(suite, offset, certificates);
});

test.afterEach(async ({ context }) => {
  // An open tab would report that the preview's server is gone.
  await Promise.all(context.pages().map((page) => page.close()));
  await stop?.();
  stop = undefined;
});

test('a preview can be signed in to at once, and hears of a sign-out elsewhere', async ({ page, context, suite }) => {
  await page.goto(`${PREVIEW}/protected`);
  await page.waitForURL(`${PREVIEW}/login?**`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${PREVIEW}/protected`);
  await expectSignedIn(page, 'Alice');
  await awake(page);
  const games = await context.newPage();
  await games.goto(`${suite.games}/protected`);
  await expectSignedIn(games, 'Alice');
  await signOutAt(games, suite.games);
  await expect(page.getByRole('heading', ENDED)).toBeVisible();
});

test('a user of the apps is signed in to a preview silently, and signed out with them', async ({ page, context, suite }) => {
  await signInAs(page, 'Bob', suite.games, '/protected');
  const preview = await context.newPage();
  await preview.goto(`${PREVIEW}/protected`);
  await expectSignedIn(preview, 'Bob');
  await awake(preview);
  await signOutAt(page, suite.games);
  await expect(preview.getByRole('heading', ENDED)).toBeVisible();
});

test('a sign-out in a preview ends the session at the provider, and so everywhere', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await awake(page);
  const preview = await context.newPage();
  await preview.goto(`${PREVIEW}/protected`);
  await expectSignedIn(preview, 'Alice');
  await signOutAt(preview, PREVIEW);
  await expect(page.getByRole('heading', ENDED)).toBeVisible();
  await page.goto(`${suite.games}/protected`);
  await expect(signInButton(page).first()).toBeVisible();
});

test('a preview shares no cookie with the apps, and the launcher does not know it', async ({ page, suite }) => {
  await page.goto(`${PREVIEW}/login?callbackUrl=/protected`);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${PREVIEW}/protected`);
  const cookies = await page.context().cookies(PREVIEW);
  expect(cookies.map(({ domain }) => domain)).toEqual(cookies.map(() => HOSTS.preview));
  for (const { name } of cookies) expect(name).toMatch(/^__Host-/);
  await page.goto(suite.identity);
  await expect(page.getByText('Partner').first()).toBeVisible();
  await expect(page.getByText('Previews')).toHaveCount(0);
});

test('a preview that is not deployed gets no page', async ({ page, expectedErrors }) => {
  expectedErrors.push(/status of 502/);
  expect((await page.goto('https://pr-8.preview.test/'))?.status()).toBe(502);
});
