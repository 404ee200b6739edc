// Each state of a page shows its own controls and no others. These tests find controls of another state that
// an attribute should hide but that are visible.
import { type Page, expect, signInAs, signInButton, signOutButton, test } from '../support';
import { controls, ended, openWatching, otherDevice } from '../tabs';

const AGAIN = 'link: Sign in again';
const OTHER = 'link: Go on as the other user';

/** Opens a watching tab for Alice, and ends her session with `end`. */
async function endedTab(page: Page, origin: string, end: (tab: Page) => Promise<unknown>): Promise<Page> {
  await signInAs(page, 'Alice', origin, '/protected');
  const tab = await openWatching(page.context(), `${origin}/dashboard`);
  await end(tab);
  await expect(ended(tab)).toBeVisible();
  return tab;
}

test('signed out: sign-in controls, and none for users', async ({ page, suite }) => {
  for (const [path, expected] of [
    ['/login', ['button: Sign in with Demo provider']],
    ['/login?error=refused', ['button: Sign in with Demo provider']],
    ['/ssr-login', ['button: Sign in with Demo provider']],
    ['/ssr-logout', ['link: Sign in']],
    ['/signed-out', [AGAIN, 'link: Home']],
  ] as const) {
    await page.goto(suite.main + path);
    expect(await controls(page), path).toEqual(expected);
  }
});

test('signed in: sign-out controls, and none for guests', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/');
  for (const [path, expected] of [
    ['/ssr-logout', ['button: Sign out', 'button: Sign out of this app only']],
    ['/signed-out', ['link: Continue']],
  ] as const) {
    await page.goto(suite.main + path);
    expect(await controls(page), path).toEqual(expected);
  }
  for (const path of ['/', '/public', '/protected', '/dashboard', '/session']) {
    await page.goto(suite.main + path);
    const seen = await controls(page);
    for (const absent of [AGAIN, OTHER, 'button: Stay signed in', 'button: Sign out now']) {
      expect(seen, path).not.toContain(absent);
    }
  }
});

test('ended by a sign-out: one link to sign in again', async ({ page, suite }) => {
  const tab = await endedTab(page, suite.main, async () => {
    await page.goto(`${suite.main}/public`);
    await signOutButton(page).first().click();
  });
  expect(await controls(tab)).toEqual([AGAIN]);
  await expect(signOutButton(tab)).toHaveCount(0);
});

test('ended from another device: one link to sign in again', async ({ page, suite }) => {
  const device = await otherDevice(page, suite.main);
  const tab = await endedTab(page, suite.main, async () => {
    await device.goto(`${suite.main}/session`);
    await device.getByRole('button', { name: 'End all other sessions' }).click();
  });
  expect(await controls(tab)).toEqual([AGAIN]);
  await device.context().close();
});

test('ended because another user signed in: a second link continues as that user', async ({ page, suite }) => {
  const tab = await endedTab(page, suite.main, async () => {
    await page.goto(`${suite.main}/public`);
    await signOutButton(page).first().click();
    await page.waitForURL(/\/signed-out$/);
    await signInAs(page, 'Bob', suite.main, '/');
  });
  await expect(tab.getByText('Another user signed in.')).toBeVisible();
  expect(await controls(tab)).toEqual([AGAIN, OTHER]);
});

test('identity: a guest can open apps, a user can open apps and sign out', async ({ page, suite }) => {
  const apps = ['Open Games', 'Open Store', 'Open Partner'].map((name) => `button: ${name}`);
  await page.goto(suite.identity);
  const opens = async () => (await controls(page)).filter((control) => control.startsWith('button: '));
  expect((await opens()).sort()).toEqual([...apps].sort());
  await page.goto(`${suite.identity}/login`);
  await signInButton(page).first().click();
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.identity}/`);
  expect((await opens()).sort()).toEqual([...apps].sort());
  await page.goto(`${suite.identity}/ssr-logout`);
  expect(await controls(page)).toEqual(['button: Sign out', 'button: Sign out of this app only']);
});
