// The server is killed and comes back: the session continues, and its tabs reconnect.
import { type Page, type Suite, expect, signInAs, signOutButton, statusHere, test } from '../support';
import { endFromElsewhere, ended, openWatching, otherDevice } from '../tabs';

test.use({
  suiteArgs: ['--restart'],
  // The browser logs requests to a server that is down.
  expectedErrors: [/Failed to load resource: net::ERR_/],
});

/** Content that only a signed-in user may see. */
const secret = (page: Page) => page.getByText('Only signed-in users see this page');

/** Kills an app, and waits until the supervisor has started a new process. */
async function replace(suite: Suite, app: 'main' | 'partner'): Promise<void> {
  const before = suite.log().length;
  process.kill(suite.processId(app), 'SIGKILL');
  await expect.poll(() => suite.log().slice(before), { timeout: 30_000 }).toContain(`${app} is up again.`);
}

test('a restart signs no user out, and the tabs listen to the new process', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  const tabs = [
    await openWatching(context, `${suite.main}/protected`),
    await openWatching(context, `${suite.main}/protected?tab=2`),
  ];
  await replace(suite, 'main');
  for (const tab of tabs) {
    await expect(secret(tab)).toBeVisible();
    expect(await statusHere(tab)).toBe(200);
  }
  const device = await otherDevice(page, suite.main);
  await endFromElsewhere(device, suite.main);
  for (const tab of tabs) await expect(ended(tab)).toBeVisible({ timeout: 20_000 });
  await device.context().close();
});

test('after a restart tabs show the end of a session that ended in the meantime', async ({ page, context, suite }) => {
  test.setTimeout(90_000);
  await signInAs(page, 'Alice', suite.games);
  const tab = await openWatching(context, `${suite.games}/protected`);
  // The process is stopped first, so it passes on no events.
  process.kill(suite.processId('main'), 'SIGSTOP');
  await page.goto(`${suite.store}/protected`);
  await signOutButton(page).first().click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await expect(secret(tab)).toBeVisible();
  await replace(suite, 'main');
  await expect(ended(tab)).toBeVisible({ timeout: 20_000 });
  await expect(secret(tab)).toHaveCount(0);
});

test('a hydrated app keeps its session and its content over a restart, and follows the end afterwards', async ({ page, context, suite }) => {
  test.setTimeout(90_000);
  await signInAs(page, 'Alice', suite.partner, '/protected');
  const tab = await openWatching(context, `${suite.partner}/protected`);
  await replace(suite, 'partner');
  await expect(secret(tab)).toBeVisible();
  expect(await statusHere(tab)).toBe(200);
  await page.goto(`${suite.partner}/public`);
  await signOutButton(page).first().click();
  await expect(ended(tab)).toBeVisible({ timeout: 20_000 });
  await expect(secret(tab)).toHaveCount(0);
});
