// Whole journeys by keyboard alone. Each step checks that the focus is visible, and is where a user expects it.
import {
  type Page,
  awake,
  expect,
  expectSignedIn,
  expectSignedOut,
  header,
  signInAs,
  signInButton,
  signOutButton,
  test,
} from '../support';
import { ended, openWatching, otherDevice, watching } from '../tabs';
import type { Locator } from '@playwright/test';

// Partner warns 6 seconds before the end, and store too. Opening a page counts as activity.
test.use({ suiteArgs: ['store', 'partner'].flatMap((app) => ['--set', `${app}:AUTH_IDLE_TIMEOUT=12`]) });
test.setTimeout(60_000);

/** Presses Tab until `target` has the focus, and checks that a user sees it. */
async function reach(page: Page, target: Locator): Promise<void> {
  const has = () => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (await has()) {
      const isShown = await target.evaluate((element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        const { top, bottom } = element.getBoundingClientRect();
        const isInView = bottom > 0 && top < innerHeight;
        return isInView && ((outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none');
      });
      expect(isShown, `the focus is visible on ${String(target)}`).toBe(true);
      return;
    }
  }
  throw new Error(`Tab does not reach ${String(target)}`);
}

/** Goes to a control by Tab, and presses it. */
async function press(page: Page, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await reach(page, target);
  await page.keyboard.press(key);
}

/** What has the focus: the name of its element and its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => `${document.activeElement?.localName}: ${document.activeElement?.textContent?.trim() ?? ''}`);

test('sign in, open a protected page, save a number, end another device, sign out', async ({ page, suite }) => {
  await page.goto(suite.main);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();

  await page.goto(suite.main);
  await press(page, header(page).getByRole('link', { name: 'Sign in' }));
  await press(page, signInButton(page), 'Space');
  await press(page, page.getByRole('button', { name: 'Continue as Alice' }));
  await expectSignedIn(page, 'Alice');

  await awake(page);
  await press(page, header(page).getByRole('link', { name: 'Protected' }));
  await expect(page.getByRole('heading', { name: 'Protected', level: 1 })).toBeVisible();
  await press(page, header(page).getByRole('link', { name: 'Dashboard' }));
  await watching(page);
  await reach(page, page.getByRole('spinbutton', { name: 'Favourite number' }));
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('41');
  // The focus stays on the button, which is not disabled meanwhile.
  const save = page.getByRole('button', { name: 'Save' });
  await press(page, save);
  await expect(page.getByText('It is 41.')).toBeVisible();
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(save).toBeFocused();

  const device = await otherDevice(page, suite.main);
  await press(page, header(page).getByRole('link', { name: 'Session' }));
  await watching(page);
  await press(page, page.getByRole('button', { name: /^End this session/ }).first());
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  // The button is gone. The focus goes to what is left, not to the start of the page.
  await expect(page.getByRole('region', { name: 'My devices' }).locator(':focus')).toHaveCount(1);
  await device.context().close();

  await page.keyboard.press('Home');
  await press(page, header(page).getByRole('button', { name: 'Sign out' }));
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await expectSignedOut(page);
});

test('the launcher opens an app', async ({ page, suite }) => {
  await page.goto(suite.identity);
  await press(page, header(page).getByRole('link', { name: 'Sign in' }));
  await press(page, signInButton(page));
  await press(page, page.getByRole('button', { name: 'Continue as Alice' }));
  await page.waitForURL(`${suite.identity}/`);
  await press(page, page.getByRole('button', { name: 'Open Partner' }));
  await page.waitForURL(`${suite.partner}/dashboard`);
  await expectSignedIn(page, 'Alice');
});

test('partner: sign in, write a note, sign out', async ({ page, suite }) => {
  await page.goto(suite.partner);
  await awake(page);
  await press(page, page.getByRole('main').getByRole('button', { name: /^Sign in with/ }));
  await press(page, page.getByRole('button', { name: 'Continue as Alice' }));
  await page.waitForURL(`${suite.partner}/dashboard`);
  await awake(page);
  await reach(page, page.getByRole('textbox', { name: 'New note' }));
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listitem').filter({ hasText: 'By keyboard' })).toBeVisible();
  await press(page, signOutButton(page).first());
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
});

for (const [app, path] of [['store', '/protected'], ['store', '/dashboard'], ['partner', '/dashboard']] as const) {
  test(`the idle warning on ${app}${path}: the focus goes in, stays in, and comes back`, async ({ page, suite }) => {
    await signInAs(page, 'Alice', suite[app], path);
    await watching(page);
    const dialog = page.getByRole('alertdialog', { name: 'Are you still there?' });
    const stay = page.getByRole('button', { name: 'Stay signed in' });
    const before = header(page).getByRole('link').nth(2);
    for (const answer of ['Enter', 'Escape']) {
      await before.focus();
      await expect(dialog).toBeVisible({ timeout: 20_000 });
      await expect(stay).toBeFocused();
      for (const key of ['Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab']) {
        await page.keyboard.press(key);
        const isOutside = await page.evaluate(() => {
          const active = document.activeElement;
          // Between the last and the first control, browsers stop at their own window.
          return active !== document.body && active?.closest('dialog') === null;
        });
        expect(isOutside, await focused(page)).toBe(false);
      }
      await stay.focus();
      await page.keyboard.press(answer);
      await expect(dialog).toBeHidden();
      await expect(before).toBeFocused();
    }
  });
}

for (const [app, path] of [['main', '/protected'], ['main', '/dashboard'], ['partner', '/dashboard']] as const) {
  test(`the end of the session on ${app}${path}: the focus goes to the heading, and Tab on to the link`, async ({
    page,
    context,
    suite,
  }) => {
    await signInAs(page, 'Alice', suite[app]);
    const tab = await openWatching(context, suite[app] + path);
    await tab.locator('main :is(a, button, input)').or(header(tab).getByRole('link')).first().focus();
    await page.goto(`${suite[app]}/public`);
    await press(page, signOutButton(page).first());
    await expect(ended(tab)).toBeFocused();
    await tab.bringToFront();
    await tab.keyboard.press('Tab');
    await expect(tab.getByRole('link', { name: 'Sign in again' })).toBeFocused();
    await tab.keyboard.press('Enter');
    await expect(signInButton(tab).first()).toBeVisible();
  });
}

for (const [app, name] of [['main', 'Protected'], ['partner', 'Dashboard']] as const) {
  test(`the navigation guard on ${app}: the focus stays on the link, and Tab reaches the way to sign in`, async ({
    page,
    suite,
  }) => {
    await page.goto(`${suite[app]}/public`);
    await awake(page);
    const link = header(page).getByRole('link', { name });
    await press(page, link);
    await expect(page.getByText('Please sign in to continue')).toBeVisible();
    await expect(link).toBeFocused();
    await press(page, page.getByRole('link', { name: 'Go to sign-in' }));
    await expect(signInButton(page).first()).toBeVisible();
  });
}
