// An islands app of your own, as docs/leptos.md describes it: examples/leptos-islands, in partner's place.
import { join, resolve } from 'node:path';
import { type Page, type Suite, continueAs, countDocuments, expect, signInButton, test } from '../support';
import { ended, openWatching, watching } from '../tabs';

const profile = process.env['RELEASE'] ? 'release' : 'debug';
const program = join(resolve(import.meta.dirname, '../..'), 'target', profile, 'leptos-islands');
test.use({ suiteArgs: ['--partner', program] });

/** A guest signs in on the home page, and ends on the page for members. */
async function enter(page: Page, suite: Suite): Promise<void> {
  await page.goto(suite.partner);
  await continueAs(page, 'Alice');
  await page.waitForURL(`${suite.partner}/members`);
}

test('a guest signs in, and the island knows the user', async ({ page, suite }) => {
  await enter(page, suite);
  await watching(page);
  await expect(page.getByText('Hello, Alice Adams.')).toBeVisible();
  const loads = countDocuments(page);
  await page.getByRole('button', { name: 'Wave' }).click();
  await expect(page.getByText('Alice Adams waves back.')).toBeVisible();
  expect(loads()).toBe(0);
});

test('a page for members is not for guests', async ({ page, suite }) => {
  await page.goto(`${suite.partner}/members`);
  await expect(page).toHaveURL(`${suite.partner}/login?callbackUrl=%2Fmembers`);
  await expect(signInButton(page)).toBeVisible();
  await expect(page.getByText('Hello')).toHaveCount(0);
});

test('a redirect of a server function is followed, without a form and without a router', async ({ page, suite }) => {
  await enter(page, suite);
  await watching(page);
  await page.getByRole('button', { name: 'Leave this page' }).click();
  await expect(page).toHaveURL(`${suite.partner}/?left`);
  await expect(page.getByRole('link', { name: 'For members' })).toBeVisible();
});

test('a sign-out in another tab empties the page, and the same user brings it back', async ({ page, context, suite }) => {
  await enter(page, suite);
  const tab = await openWatching(context, `${suite.partner}/members`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ended(tab)).toBeVisible();
  await page.waitForURL(/\/signed-out$/);
  expect(await tab.evaluate(() => document.documentElement.outerHTML)).not.toContain('Alice');
  await enter(page, suite);
  await expect(tab.getByText('Hello, Alice Adams.')).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the server has rendered the island, and its form posts', async ({ page, suite }) => {
    await enter(page, suite);
    await expect(page.getByText('Hello, Alice Adams.')).toBeVisible();
    await page.getByRole('button', { name: 'Wave' }).click();
    await expect(page).toHaveURL(/\/members\??$/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  });
});
