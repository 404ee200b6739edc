// A picture of every page and state: light, dark, on a phone, and without JavaScript. They go to target/screenshots.
import { mkdir } from 'node:fs/promises';
import { type Page, expect, signInAs, signInButton, signOutButton, test } from '../support';
import { ended, openWatching } from '../tabs';

const FOLDER = '../target/screenshots';
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

test.beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
});

/** Takes the pictures of what the page shows now. */
async function shoot(page: Page, name: string, { onlyLight = false } = {}): Promise<void> {
  const take = async (variant: string, colorScheme: 'light' | 'dark', viewport: typeof PHONE) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `${FOLDER}/${name}.${variant}.png`, fullPage: true, animations: 'disabled' });
  };
  await take('light', 'light', DESKTOP);
  if (!onlyLight) {
    await take('dark', 'dark', DESKTOP);
    await take('phone', 'light', PHONE);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(DESKTOP);
}

test.describe('guests', () => {
  test.use({ expectedErrors: [/status of (400|404|421)/] });

  test('guests', async ({ page, suite }) => {
  for (const [name, url] of [
    ['main-home', suite.main],
    ['main-public', `${suite.main}/public`],
    ['main-login', `${suite.main}/login`],
    ['main-login-error', `${suite.main}/login?error=provider_unavailable`],
    ['main-ssr-login', `${suite.main}/ssr-login`],
    ['main-ssr-logout', `${suite.main}/ssr-logout`],
    ['main-signed-out', `${suite.main}/signed-out`],
    ['main-source', `${suite.main}/source?file=crates/auth/src/guard.rs`],
    ['main-source-unknown', `${suite.main}/source?file=no-such-file`],
    ['main-bad-request', `${suite.main}/a//b`],
    ['main-wrong-host', suite.main.replace('localhost', 'unknown.localhost')],
    ['identity-home', suite.identity],
    ['identity-login', `${suite.identity}/login`],
    ['partner-home', suite.partner],
    ['partner-login', `${suite.partner}/login`],
    ['provider-failures', `${suite.provider}/try-failures?back=${encodeURIComponent(`${suite.main}/`)}`],
  ] as const) {
    await page.goto(url);
    await shoot(page, name);
  }
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.waitForURL((url) => url.origin === suite.provider);
  await shoot(page, 'provider-login');
});
});

test('a link to a protected page', async ({ page, suite }) => {
  await page.goto(suite.main);
  await page.locator('[data-nav-guard][data-ready=true]').waitFor({ state: 'attached' });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Protected' }).click();
  await expect(page.getByRole('heading', { name: 'Please sign in to continue' })).toBeVisible();
  await page.screenshot({ path: `${FOLDER}/main-guard-message.light.png` });
});

test.describe('users', () => {
  test.use({ expectedErrors: [/status of 404/] });

  test('signed in', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  await page.getByRole('button', { name: 'Renew the tokens now' }).click();
  await expect(page.getByText('The provider issued new tokens.')).toBeVisible();
  await shoot(page, 'main-home-signed-in');
  for (const path of ['public', 'protected', 'dashboard', 'session', 'ssr-logout', 'no-such-page']) {
    await page.goto(`${suite.main}/${path}`, { waitUntil: 'networkidle' });
    await shoot(page, `main-${path}-signed-in`);
  }
  await page.goto(suite.identity);
  await shoot(page, 'identity-home-signed-in');
  await page.goto(`${suite.partner}/dashboard`, { waitUntil: 'networkidle' });
  await shoot(page, 'partner-dashboard-signed-in');
});
});

test('a tab that lost its session, then the home page after the sign-out', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  const tab = await openWatching(page.context(), `${suite.main}/dashboard`);
  await signOutButton(page).first().click();
  await expect(ended(tab)).toBeVisible();
  await shoot(tab, 'main-ended');
  await page.waitForURL(/signed-out$/);
  await page.goto(suite.main);
  await shoot(page, 'main-home-after-sign-out', { onlyLight: true });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the same pages', async ({ page, suite }) => {
    await page.goto(suite.main);
    await shoot(page, 'no-js-main-home', { onlyLight: true });
    await page.goto(`${suite.main}/login`);
    await signInButton(page).click();
    await page.getByRole('link', { name: 'Continue' }).click({ timeout: 2_000 }).catch(() => {});
    await page.waitForURL((url) => url.origin === suite.provider);
    await page.getByRole('button', { name: 'Continue as Alice' }).click();
    await page.waitForURL((url) => url.origin === new URL(suite.main).origin);
    for (const path of ['', 'dashboard', 'session']) {
      await page.goto(`${suite.main}/${path}`);
      await shoot(page, `no-js-main-${path || 'home'}-signed-in`, { onlyLight: true });
    }
    await page.goto(suite.identity);
    await shoot(page, 'no-js-identity-home', { onlyLight: true });
  });
});
