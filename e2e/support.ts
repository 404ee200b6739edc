// Shared by the journeys: a suite for each worker, the words on the pages, and a guard that fails a test on
// any error in the browser's console.
import { type BrowserContext, type Page, type TestInfo, expect, test as base } from '@playwright/test';
import { rm } from 'node:fs/promises';
import { startCompose } from './compose';
import { startBehindNginx } from './nginx';
import { SUITE_LOG } from './reporter';
import { type Suite, startSuite } from './suite';
import { type Certificates, type TlsOptions, browserArguments, makeCertificates, startBehindTls } from './tls';

export { expect };
export type { Page, Suite };

/** Worker options: a spec that sets them with `test.use` gets a separate suite. */
export interface SuiteOptions {
  /** Extra arguments of the supervisor, such as `--partner-direct`. `{provider-port}` stands for the provider's port. */
  suiteArgs: string[];
  /** Whether the suite stands behind nginx. */
  behindNginx: boolean;
  /** Whether the suite has https addresses, behind this proxy. */
  behindTls: TlsOptions | undefined;
}

interface WorkerFixtures extends SuiteOptions {
  suite: Suite;
  /** The ports of this worker's suite are this much higher. */
  offset: number;
  /** The certificates of a suite behind TLS. */
  certificates: Certificates | undefined;
}

interface TestFixtures {
  /** Patterns of console errors that a test provokes on purpose. */
  expectedErrors: RegExp[];
  guard: void;
}

/** The ports do not overlap with `make run` or `make run PORT_OFFSET=1000`. */
export const FIRST_OFFSET = Number(process.env['E2E_PORT_OFFSET'] ?? 3000);

/** A tab that opens its stream just when the session ends gets 401, as it should; the browser logs that. */
const LATE_LISTENER = /\/auth\/events: Failed to load resource: .*\b401\b/;

/** Fills in the port of the provider. */
export const withPorts = (args: string[], offset: number): string[] =>
  args.map((arg) => arg.replace('{provider-port}', String(4300 + offset)));

export const test = base.extend<TestFixtures, WorkerFixtures>({
  suiteArgs: [[], { option: true, scope: 'worker' }],
  behindNginx: [false, { option: true, scope: 'worker' }],

  behindTls: [undefined, { option: true, scope: 'worker' }],

  // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  offset: [async ({}, use, worker) => use(FIRST_OFFSET + 10 * worker.parallelIndex), { scope: 'worker' }],

  certificates: [
    async ({ behindTls }, use) => {
      const certificates = behindTls === undefined ? undefined : await makeCertificates();
      await use(certificates);
      if (certificates !== undefined) await rm(certificates.folder, { recursive: true });
    },
    { scope: 'worker' },
  ],

  launchOptions: [
    async ({ launchOptions, certificates, offset }, use) => {
      const more = certificates === undefined ? [] : browserArguments(offset, certificates);
      await use({ ...launchOptions, args: [...(launchOptions.args ?? []), ...more] });
    },
    { scope: 'worker' },
  ],

  suite: [
    async ({ suiteArgs, behindNginx, behindTls, certificates, offset }, use) => {
      const args = withPorts(suiteArgs, offset);
      const start = () => {
        if (certificates !== undefined && behindTls?.compose) return startCompose(offset, certificates);
        if (certificates !== undefined) return startBehindTls(offset, certificates, { ...behindTls, args });
        return behindNginx ? startBehindNginx(offset, args) : startSuite({ offset, args });
      };
      const suite = await start();
      await use(suite);
      await suite.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  expectedErrors: async ({}, use) => {
    await use([]);
  },

  guard: [
    async ({ context, suite, expectedErrors }, use, info) => {
      const errors = consoleErrors(context);
      const before = suite.log().length;
      await use();
      await attachLog(info, suite.log().slice(before));
      const expected = [...expectedErrors, LATE_LISTENER];
      const unexpected = errors.filter((error) => !expected.some((pattern) => pattern.test(error)));
      expect(unexpected, 'errors in the console of the browser').toEqual([]);
    },
    { auto: true },
  ],
});

/** Collects what every page of a context reports: script errors, console errors, refusals by the CSP. */
export function consoleErrors(context: BrowserContext): string[] {
  const errors: string[] = [];
  const watch = (page: Page) => {
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${message.location().url}: ${message.text()}`);
    });
  };
  context.pages().forEach(watch);
  context.on('page', watch);
  return errors;
}

/** Keeps what the servers logged, if the test failed. */
export async function attachLog(info: TestInfo, log: string): Promise<void> {
  if (info.status !== info.expectedStatus) {
    await info.attach(SUITE_LOG, { body: log, contentType: 'text/plain' });
  }
}

/** The pages of the main app. */
export const PUBLIC_PAGES = ['/', '/public', '/login', '/ssr-login', '/ssr-logout', '/signed-out'] as const;
export const PROTECTED_PAGES = ['/protected', '/dashboard', '/session'] as const;

/** Waits until the page's script has started. */
export const awake = (page: Page): Promise<void> =>
  page.locator('[data-nav-guard][data-ready=true]').waitFor({ state: 'attached' });

export const signInButton = (page: Page) => page.getByRole('button', { name: /^Sign in with/ });
export const signOutButton = (page: Page) => page.getByRole('button', { name: 'Sign out', exact: true });
export const header = (page: Page) => page.getByRole('banner');

/**
 * Goes from an app's sign-in page to the provider, and back as `user`. Ends at the page to which the app
 * redirects.
 */
export async function continueAs(page: Page, user: 'Alice' | 'Bob'): Promise<void> {
  await signInButton(page).first().click();
  await page.getByRole('button', { name: `Continue as ${user}` }).click();
}

/** Signs in at the app `origin` and ends at `path`. No user may be signed in at the provider before. */
export async function signInAs(page: Page, user: 'Alice' | 'Bob', origin: string, path = '/'): Promise<void> {
  await page.goto(`${origin}/login?callbackUrl=${encodeURIComponent(path)}`);
  await continueAs(page, user);
  await page.waitForURL(origin + path);
  await expectSignedIn(page, user);
}

/** Signs in at partner as the user who is signed in at the provider, who is not asked again. */
export async function enterPartner(page: Page, suite: Suite): Promise<void> {
  await page.goto(`${suite.partner}/login?callbackUrl=/dashboard`);
  await signInButton(page).first().click();
  await page.waitForURL(`${suite.partner}/dashboard`);
}

/** Signs out by hand at the app `origin`. Ends when the browser is back from the provider, which has then ended its session. */
export async function signOutAt(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/public`);
  await signOutButton(page).first().click();
  await page.waitForURL(`${origin}/signed-out`);
}

/** Counts the documents that a page loads, without those of its frames. */
export function countDocuments(page: Page): () => number {
  let loads = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads += 1;
  });
  return () => loads;
}

export async function expectSignedIn(page: Page, user: 'Alice' | 'Bob'): Promise<void> {
  await expect(header(page).getByText(new RegExp(user))).toBeVisible();
}

export async function expectSignedOut(page: Page): Promise<void> {
  await expect(header(page).getByRole('link', { name: 'Sign in' })).toBeVisible();
  await expect(signOutButton(page)).toHaveCount(0);
}

/** Asks the app for the status of this browser's session, without extending the session. */
export async function sessionStatus(page: Page, origin: string): Promise<number> {
  const response = await page.request.get(`${origin}/api/get-session-status?peek=1`);
  expect(response.status()).toBe(200);
  const body: unknown = await response.json();
  return (body as { status: number }).status;
}

/** Asks for the status from inside the page, because only browsers resolve every `*.localhost`. */
export const statusHere = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const response = await fetch('/api/get-session-status?peek=1');
    return ((await response.json()) as { status: number }).status;
  });

/** Opens `html` as the only page of a foreign site, for attacks that need one. */
export async function openForeignPage(page: Page, html: string): Promise<void> {
  // Without this permission Chromium blocks the foreign page's requests to this machine, so the attack would
  // never start.
  await page.context().grantPermissions(['local-network-access'], { origin: 'http://attacker.localhost:9' });
  await page.route('http://attacker.localhost:9/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>Foreign</title>${html}` }),
  );
  await page.goto('http://attacker.localhost:9/');
}

/** Opens partner from the launcher as Bob, while Alice is signed in there: partner asks whether to go on as Bob. */
export async function openAsBob(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.partner);
  await page.context().clearCookies({ domain: 'auth.wow.localhost' });
  await signInAs(page, 'Bob', suite.identity);
  await page.goto(suite.identity);
  await page.getByRole('button', { name: 'Open Partner' }).click();
  await expect(page.getByRole('heading', { name: 'Go on as Bob Brown?' })).toBeVisible();
}
