// The suite behind nginx with its defaults: the header lines of a request may have 8 KB, the header of an answer 4 KB.
import type { Page } from '@playwright/test';
import {
  awake,
  continueAs,
  enterPartner,
  expect,
  expectSignedIn,
  expectSignedOut,
  signInAs,
  signInButton,
  signOutAt,
  signOutButton,
  test,
} from '../support';
import { addFaults, clearFaults } from '../faults';
import type { Suite } from '../suite';

test.use({ behindNginx: true, suiteArgs: ['--faults'] });

test.beforeEach(async ({ page, suite }) => {
  const answer = await page.goto(`${suite.games}/public`);
  expect(answer?.headers()['server']).toMatch(/^nginx/);
});

test.afterEach(async ({ page, suite }) => clearFaults(page, suite));

/** Begins a sign-in that stays unfinished. */
async function abandon(page: Page, suite: Suite, path: string): Promise<void> {
  await page.goto(`${suite.games}/login?callbackUrl=${encodeURIComponent(path)}`);
  await signInButton(page).first().click();
  await page.getByRole('button', { name: 'Continue as Alice' }).waitFor();
}

test('sign-in, sharing, partner, single logout and tabs work', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto(`${suite.store}/protected`);
  await expectSignedIn(page, 'Alice');
  const partner = await context.newPage();
  await enterPartner(partner, suite);
  const tab = await context.newPage();
  await tab.goto(`${suite.games}/protected`);
  await awake(tab);
  await signOutAt(page, suite.store);
  for (const ended of [tab, partner]) {
    await expect(ended.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  }
});

test('seven unfinished sign-ins with long addresses leave every page answering', async ({ page, context, suite }) => {
  const long = (letter: string) => `/protected?q=${letter.repeat(1_990)}`;
  for (const letter of 'abcdefg') await abandon(page, suite, long(letter));
  const cookies = await context.cookies(suite.games);
  const line = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  expect(line.length).toBeLessThan(4_500);
  for (const path of ['/', '/public', '/login', '/auth/providers']) {
    expect((await page.goto(suite.games + path))?.status(), path).toBe(200);
  }
  // The newest of them can be finished.
  await abandon(page, suite, long('h'));
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await expect(page).toHaveURL(suite.games + long('h'));
  await expectSignedIn(page, 'Alice');
});

test('a page with a long address opens, and twelve tabs at once sign in silently', async ({ page, context, suite }) => {
  // A guest: the silent attempt ends at the sign-in page, which still knows the page.
  const long = `/protected?q=${'%E6%97%A5'.repeat(170)}`;
  expect((await page.goto(suite.games + long))?.status()).toBe(200);
  expect(new URL(page.url()).searchParams.get('callbackUrl')).toBe(long);
  // A user of another site of the suite: partner has never seen the browser, and twelve of its tabs open at once.
  await signInAs(page, 'Alice', suite.games, '/protected');
  const tabs = await Promise.all(Array.from({ length: 12 }, () => context.newPage()));
  await Promise.all(tabs.map((tab, number) => tab.goto(`${suite.partner}/protected?q=${number}${'a'.repeat(300)}`)));
  for (const [number, tab] of tabs.entries()) {
    expect(tab.url()).not.toContain('error=');
    // On the page, or on the sign-in page that leads there.
    expect(decodeURIComponent(tab.url())).toContain(`/protected?q=${number}aaa`);
  }
  const line = (await context.cookies(suite.partner)).map(({ name, value }) => `${name}=${value}`).join('; ');
  expect(line.length).toBeLessThan(4_500);
  await tabs[0]?.goto(`${suite.partner}/protected?q=again`);
  await expect(tabs[0] as Page).toHaveURL(`${suite.partner}/protected?q=again`);
});

test('an ID token with many groups signs in and out', async ({ page, suite }) => {
  const groups = Array.from({ length: 250 }, (_, number) => `group-number-${number}-of-the-company`);
  await addFaults(page, suite, { fault: 'members', document: 'id_token', members: { groups } });
  await signInAs(page, 'Alice', suite.games, '/protected');
  // The token is too long for an address. Without it, the provider asks.
  await page.goto(`${suite.games}/public`);
  await signOutButton(page).first().click();
  await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
  await signOutButton(page).click();
  await page.waitForURL(`${suite.games}/signed-out`);
  await expectSignedOut(page);
});

test('a refused callback offers the wanted page', async ({ page, context, suite, expectedErrors }) => {
  expectedErrors.push(/status of 400/);
  await page.goto(`${suite.partner}/login?callbackUrl=/dashboard`);
  await signInButton(page).first().click();
  const go = page.getByRole('button', { name: 'Continue as Alice' });
  await go.waitFor();
  await context.clearCookies({ domain: new URL(suite.identity).hostname });
  await go.click();
  await page.getByRole('link', { name: 'Go on to Partner' }).click();
  await expect(page).toHaveURL(`${suite.partner}/dashboard`);
});

test('the fragment of a deep link survives', async ({ page, suite }) => {
  await page.goto(`${suite.games}/protected#part`);
  await continueAs(page, 'Alice');
  await expect(page).toHaveURL(`${suite.games}/protected#part`);
});
