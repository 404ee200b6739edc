// The idle warning of a hydrated Leptos app (partner). Only a person keeps a session alive: a call by a timer does not.
// The limit is 12 seconds here; the warning comes 6 seconds before.
import { type Page, awake, expect, header, signInAs, statusHere, test } from '../support';
import { ended, openWatching } from '../tabs';

test.use({ suiteArgs: ['--set', 'partner:AUTH_IDLE_TIMEOUT=12'] });
test.setTimeout(90_000);

const dialog = (page: Page) => page.getByRole('alertdialog', { name: 'Are you still there?' });

test('every tab warns, the focus stays in the dialog, and one answer closes all dialogs', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  const other = await openWatching(context, `${suite.partner}/session`);
  for (const tab of [page, other]) await expect(dialog(tab)).toBeVisible({ timeout: 20_000 });
  await page.bringToFront();
  await expect(dialog(page)).toContainText(/signed out in [1-6] s/);
  await expect(page.getByRole('button', { name: 'Stay signed in' })).toBeFocused();
  for (let press = 0; press < 5; press += 1) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => {
      const focused = document.activeElement;
      return focused === document.body || focused?.closest('dialog') !== null;
    });
    expect(inside, 'the focus is inside the dialog, or in the browser window').toBe(true);
  }
  await page.getByRole('button', { name: 'Stay signed in' }).click();
  for (const tab of [page, other]) await expect(dialog(tab)).toBeHidden();
  expect(await statusHere(page)).toBe(200);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  expect(await statusHere(page)).toBe(200);
});

test('a resource that polls keeps no absent user signed in', async ({ page, suite, expectedErrors }) => {
  // The poll of this test goes on after the end.
  expectedErrors.push(/notes: Failed to load resource: .*401/);
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await awake(page);
  let calls = 0;
  page.on('response', (response) => {
    if (response.url().endsWith('/api/notes') && response.ok()) calls += 1;
  });
  await page.evaluate(() => {
    const poll = () => fetch('/api/notes', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    setInterval(() => void poll(), 1_000);
  });
  await expect(ended(page)).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText('You were away for a while, so we signed you out.')).toBeVisible();
  expect(calls).toBeGreaterThan(3);
});

test('"Sign out now" signs out every tab', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  const other = await openWatching(context, `${suite.partner}/session`);
  await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
  await page.bringToFront();
  await page.getByRole('button', { name: 'Sign out now' }).click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await expect(ended(other)).toBeVisible();
  await expect(header(other).getByRole('link', { name: 'Sign in' })).toBeVisible();
});
