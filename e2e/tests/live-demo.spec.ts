// The public demo (LIVE_DEMO=1) at https addresses: a notice on each page, users of each visitor, no robots, a reset.
import { type Browser, type BrowserContext } from '@playwright/test';
import { check } from '../accessibility';
import {
  type Page,
  type Suite,
  PROTECTED_PAGES,
  PUBLIC_PAGES,
  enterPartner,
  expect,
  expectSignedIn,
  signInAs,
  signInButton,
  signOutAt,
  statusHere,
  test,
} from '../support';
import { ended, openWatching } from '../tabs';
import { HOSTS, statusOf } from '../tls';

test.use({
  behindTls: {},
  suiteArgs: ['--live-demo'],
  // The pages of refusals, and requests during the reset.
  expectedErrors: [/Failed to load resource: (the server responded with a status of (400|404|502|503)|net::ERR_)/],
});

const notice = (page: Page) => page.getByRole('complementary', { name: 'Notice' }).filter({ hasText: 'This is a public demo' });

async function expectNotice(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(notice(page), url).toBeVisible();
  await expect(notice(page), url).toHaveCount(1);
}

/** Visits pages of all apps and of the provider, and the pages of refusals. */
async function expectNoticeEverywhere(page: Page, suite: Suite): Promise<void> {
  for (const path of PUBLIC_PAGES) await expectNotice(page, suite.games + path);
  for (const path of ['/', '/public', '/login', '/signed-out', '/nowhere']) await expectNotice(page, suite.partner + path);
  for (const path of ['/', '/login', '/nowhere']) await expectNotice(page, suite.identity + path);
  for (const origin of [suite.games, suite.store, suite.partner, suite.identity]) {
    await expectNotice(page, `${origin}/auth/nowhere`);
  }
  for (const path of ['/logout', '/authorize', '/nowhere']) await expectNotice(page, suite.provider + path);
  await page.goto(`${suite.games}/login`);
  await signInButton(page).first().click();
  await expect(page.getByRole('button', { name: 'Continue as Alice' })).toBeVisible();
  await expect(notice(page)).toBeVisible();
  await expect(page.getByText('exist for your browser only')).toBeVisible();

  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const path of PROTECTED_PAGES) await expectNotice(page, suite.games + path);
  await enterPartner(page, suite);
  for (const path of PROTECTED_PAGES) await expectNotice(page, suite.partner + path);
}

test('the notice is accessible on every kind of page', async ({ page, suite }) => {
  const pages = [`${suite.games}/`, `${suite.partner}/`, `${suite.identity}/`, `${suite.games}/auth/nowhere`, `${suite.provider}/logout`];
  for (const url of pages) {
    await expectNotice(page, url);
    await check(page, url);
  }
});

test('every page has the notice', async ({ page, suite }) => {
  await expectNoticeEverywhere(page, suite);
  // Partner's pages change without a request.
  await page.goto(`${suite.partner}/public`);
  await page.getByRole('link', { name: 'Protected' }).click();
  await page.waitForURL(`${suite.partner}/protected`);
  await expect(notice(page)).toHaveCount(1);
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('every page has the notice without JavaScript', async ({ page, suite }) => {
    await expectNoticeEverywhere(page, suite);
  });
});

/** Another visitor, who signs in as Alice. */
async function otherVisitor(browser: Browser, suite: Suite): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signInAs(page, 'Alice', suite.games, '/session');
  return { context, page };
}

test('each visitor has a separate Alice, so a sign-out everywhere ends no session of another visitor', async ({
  page,
  browser,
  suite,
}) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  await enterPartner(page, suite);
  const other = await otherVisitor(browser, suite);
  await page.goto(`${suite.games}/session`);
  for (const visitor of [page, other.page]) {
    await expect(visitor.getByText('You are signed in nowhere else.')).toBeVisible();
  }
  await other.page.goto(`${suite.partner}/protected`);
  await expectSignedIn(other.page, 'Alice');

  await signOutAt(page, suite.games);
  await page.goto(`${suite.partner}/public`);
  await expect.poll(() => statusHere(page)).toBe(401);
  for (const origin of [suite.games, suite.partner]) {
    await other.page.goto(`${origin}/public`);
    expect(await statusHere(other.page)).toBe(200);
    await expectSignedIn(other.page, 'Alice');
  }
  await other.context.close();
});

test('robots are kept out, and faults cannot be switched on', async ({ page, suite }) => {
  for (const origin of [suite.games, suite.store, suite.partner, suite.identity, suite.provider]) {
    for (const path of ['/', '/nowhere', '/robots.txt']) {
      const answer = await page.goto(origin + path);
      expect(answer?.headers()['x-robots-tag'], origin + path).toBe('noindex, nofollow');
    }
    expect(await page.locator('body').innerText()).toBe('User-agent: *\nDisallow: /\n');
  }
  for (const path of ['/test/faults', '/test/counters']) {
    expect((await page.goto(suite.provider + path))?.status(), path).toBe(404);
  }
});

test('a reset signs every visitor out, and the demo goes on', async ({ page, context, suite, offset, certificates }) => {
  test.setTimeout(120_000);
  await signInAs(page, 'Alice', suite.games, '/protected');
  const tabs = [await openWatching(context, `${suite.games}/protected`), await openWatching(context, `${suite.store}/dashboard`)];
  await suite.reset();
  expect(suite.log()).toContain('Deleting all data, and starting again.');
  if (certificates === undefined) throw new Error('the suite is not behind TLS');
  for (const host of [HOSTS.games, HOSTS.store, HOSTS.identity, HOSTS.provider, HOSTS.partner]) {
    // nginx asks an upstream that failed again after 10 s.
    await expect.poll(() => statusOf(host, '/healthz', offset, certificates), { timeout: 30_000 }).toBe(200);
  }

  for (const tab of tabs) await expect(ended(tab)).toBeVisible({ timeout: 45_000 });
  await page.goto(`${suite.games}/protected`);
  await expect(page).toHaveURL(/\/login\?callbackUrl=%2Fprotected$/);
  await expect(notice(page)).toBeVisible();
  await signInAs(page, 'Bob', suite.games, '/protected');
});
