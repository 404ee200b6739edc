// "My devices": /session lists the sessions of a user, and the user can end them from another browser.
import { type Browser, type BrowserContext } from '@playwright/test';
import { type Page, type Suite, expect, expectSignedIn, sessionStatus, signInAs, test } from '../support';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const rows = (page: Page) => page.getByRole('region', { name: 'My devices' }).getByRole('listitem');
const endOthers = (page: Page) => page.getByRole('button', { name: 'End all other sessions' });

/** Signs Alice in with another browser, whose user agent is Firefox. */
async function elsewhere(browser: Browser, suite: Suite): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ userAgent: FIREFOX });
  const page = await context.newPage();
  await signInAs(page, 'Alice', suite.main, '/protected');
  return { context, page };
}

/** Opens the list and ends all other sessions of Alice, which other journeys may have left. */
async function openListAlone(page: Page, suite: Suite): Promise<void> {
  await signInAs(page, 'Alice', suite.main, '/session');
  if ((await endOthers(page).count()) > 0) await endOthers(page).click();
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
}

test('a session that is ended from another browser ends there at once', async ({ page, browser, suite }) => {
  await openListAlone(page, suite);
  const other = await elsewhere(browser, suite);

  await page.reload();
  await expect(rows(page)).toHaveCount(2);
  const own = rows(page).filter({ hasText: 'This browser' });
  await expect(own).toContainText('Chrome on Linux');
  await expect(own.getByRole('button')).toHaveCount(0);
  const theirs = rows(page).filter({ hasText: 'Firefox on Linux' });
  await theirs.getByRole('button', { name: /^End this session ?, 1 of 2: Firefox on Linux$/ }).click();

  await expect(page).toHaveURL(`${suite.main}/session`);
  await expect(theirs).toHaveCount(0);
  await expectSignedIn(page, 'Alice');
  expect(await sessionStatus(other.page, suite.main)).toBe(401);
  await other.page.reload();
  await expect(other.page).toHaveURL(/\/login\?callbackUrl=%2Fprotected$/);
  await other.context.close();
});

test('one button ends all other sessions, and this session continues', async ({ page, browser, suite }) => {
  await openListAlone(page, suite);
  const others = [await elsewhere(browser, suite), await elsewhere(browser, suite)];
  await page.reload();
  await expect(rows(page)).toHaveCount(3);
  const names = await page.getByRole('button', { name: 'End this session' }).evaluateAll((buttons) =>
    buttons.map((button) => button.textContent),
  );
  expect(new Set(names).size, 'each button has a different name').toBe(2);

  await endOthers(page).click();
  await expect(rows(page)).toHaveCount(1);
  expect(await sessionStatus(page, suite.main)).toBe(200);
  for (const other of others) {
    expect(await sessionStatus(other.page, suite.main)).toBe(401);
    await other.context.close();
  }
});

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('the buttons end sessions without JavaScript', async ({ page, browser, suite }) => {
    await openListAlone(page, suite);
    const other = await elsewhere(browser, suite);
    await page.reload();
    await page.getByRole('button', { name: 'End this session' }).click();
    await expect(page).toHaveURL(`${suite.main}/session`);
    await expect(rows(page)).toHaveCount(1);
    expect(await sessionStatus(other.page, suite.main)).toBe(401);
    await other.context.close();
  });
});
