// Article 4, "sync timers between tabs for lastUserActionTime": activity in one tab counts for all tabs. A
// user who is away is warned first, in all tabs. The limit is 12 seconds here; the warning comes 6 seconds
// before.
import { type Page, type Suite, expect, signInAs, statusHere, test } from '../support';
import { ended, openWatching, reading } from '../tabs';

const LIMIT = 12;
test.use({
  suiteArgs: ['main', 'store'].flatMap((app) => ['--set', `${app}:AUTH_IDLE_TIMEOUT=${LIMIT}`]),
});
test.setTimeout(90_000);

const dialog = (page: Page) => page.getByRole('alertdialog', { name: 'Are you still there?' });
const stay = (page: Page) => page.getByRole('button', { name: 'Stay signed in' });

/** Counts the requests that the tabs of an origin send to a path. */
function count(page: Page, origin: string, path: string): () => number {
  let sent = 0;
  page.context().on('request', (request) => {
    if (request.url() === origin + path) sent += 1;
  });
  return () => sent;
}

const signOuts = (suite: Suite, from: number) =>
  suite.log().slice(from).split('\n').filter((line) => line.includes('sign_out') && line.includes('idle')).length;

/** Signs in and opens `tabs` more tabs at the origin. */
async function openTabs(page: Page, origin: string, tabs: number): Promise<Page[]> {
  await signInAs(page, 'Alice', origin, '/session');
  await page.goto('about:blank');
  const open = [];
  for (let tab = 0; tab < tabs; tab += 1) open.push(await openWatching(page.context(), `${origin}/session`));
  return open;
}

test('a page with the watch only warns too, and one answer closes the dialogs', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/protected');
  await page.goto('about:blank');
  const tab = await openWatching(page.context(), `${suite.main}/protected`);
  const islands = await openWatching(page.context(), `${suite.main}/dashboard`);
  for (const one of [tab, islands]) await expect(dialog(one)).toBeVisible({ timeout: 20_000 });
  await stay(tab).click();
  for (const one of [tab, islands]) await expect(dialog(one)).toBeHidden();
  await expect(ended(tab)).toBeVisible({ timeout: 30_000 });
  await expect(ended(islands)).toBeVisible();
});

test('all tabs warn an absent user at once, and one answer closes every dialog', async ({ page, suite }) => {
  const tabs = await openTabs(page, suite.main, 3);
  const [first, second] = tabs as [Page, Page, Page];
  for (const tab of tabs) await expect(dialog(tab)).toBeVisible({ timeout: 20_000 });
  await expect(dialog(first)).toContainText(/signed out in [1-6] s/);
  // The page behind the dialog is inert, and the focus stays inside.
  await first.bringToFront();
  await expect(stay(first)).toBeFocused();
  for (let press = 0; press < 5; press += 1) {
    await first.keyboard.press('Tab');
    const inside = await first.evaluate(() => {
      const focused = document.activeElement;
      return focused === document.body || focused?.closest('dialog') !== null;
    });
    expect(inside, 'the focus is inside the dialog, or in the browser window').toBe(true);
  }
  // Moving the pointer does not answer the dialog: the user may be moving to the other button.
  await first.mouse.move(10, 10);
  await first.mouse.move(200, 200);
  await expect(dialog(first)).toBeVisible();
  await second.bringToFront();
  await stay(second).click();
  for (const tab of tabs) await expect(dialog(tab)).toBeHidden();
  expect(await statusHere(second)).toBe(200);
  for (const tab of tabs) await expect(reading(tab, 'idle')).toHaveText(/^(1[0-2]|[7-9]) s$/);
});

test('the Escape key keeps the session, and "Sign out now" signs out every tab', async ({ page, suite }) => {
  const [first, second] = (await openTabs(page, suite.main, 2)) as [Page, Page];
  await expect(dialog(first)).toBeVisible({ timeout: 20_000 });
  await first.bringToFront();
  await first.keyboard.press('Escape');
  for (const tab of [first, second]) await expect(dialog(tab)).toBeHidden();
  expect(await statusHere(first)).toBe(200);
  await expect(dialog(second)).toBeVisible({ timeout: 20_000 });
  await second.bringToFront();
  await second.getByRole('button', { name: 'Sign out now' }).click();
  await expect(second.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await expect(ended(first)).toBeVisible();
  expect(await statusHere(first)).toBe(401);
});

test('twenty tabs of an absent user cause one sign-out, and say why', async ({ page, suite }) => {
  const expired = count(page, suite.main, '/auth/idle');
  const from = suite.log().length;
  const tabs = await openTabs(page, suite.main, 20);
  for (const tab of tabs) await expect(ended(tab)).toBeVisible({ timeout: 40_000 });
  for (const tab of tabs) await expect(tab.getByText('You were away for a while, so we signed you out.')).toBeVisible();
  expect(expired()).toBeLessThanOrEqual(1);
  expect(signOuts(suite, from)).toBe(1);
});

test('an active tab keeps the others signed in, and reports to the server at intervals', async ({ page, suite }) => {
  const beacons = count(page, suite.main, '/auth/activity');
  const [used, other] = (await openTabs(page, suite.main, 2)) as [Page, Page];
  await used.bringToFront();
  const until = Date.now() + (LIMIT + 4) * 1_000;
  while (Date.now() < until) {
    await used.mouse.move(Math.random() * 500, Math.random() * 500);
    await used.keyboard.press('Shift');
    await expect(dialog(other)).toBeHidden();
    await used.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  }
  for (const tab of [used, other]) await expect(dialog(tab)).toBeHidden();
  expect(await statusHere(used)).toBe(200);
  // One request in three seconds, a quarter of this limit, for any number of tabs.
  expect(beacons()).toBeGreaterThan(2);
  expect(beacons()).toBeLessThanOrEqual(8);
});

test('apps that share the session share its activity', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  const store = await openWatching(context, `${suite.store}/session`);
  await page.bringToFront();
  const until = Date.now() + (LIMIT + 2) * 1_000;
  while (Date.now() < until) {
    await page.mouse.wheel(0, 40);
    await page.mouse.wheel(0, -40);
    await expect(dialog(store)).toBeHidden();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  }
  expect(await statusHere(store)).toBe(200);
  // Both warn when the user is away.
  await expect(dialog(store)).toBeVisible({ timeout: 20_000 });
  await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
  await stay(page).click();
  await expect(dialog(store)).toBeHidden();
});

test('a video playing in a visible tab counts as activity', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  await page.evaluate(() => {
    const film = document.createElement('video');
    const canvas = document.createElement('canvas');
    canvas.getContext('2d')?.fillRect(0, 0, 1, 1);
    film.srcObject = canvas.captureStream(5);
    film.muted = true;
    document.body.append(film);
    return film.play();
  });
  const until = Date.now() + (LIMIT + 2) * 1_000;
  while (Date.now() < until) {
    await expect(dialog(page)).toBeHidden();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  }
  await page.evaluate(() => document.querySelector('video')?.pause());
  await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
});

for (const [name, off] of [
  ['a day ahead', 86_400_000],
  ['a day behind', -86_400_000],
] as const) {
  test(`a clock that is ${name} makes no difference`, async ({ page, context, suite }) => {
    // Moves the clock that scripts read; timers are not affected.
    await context.addInitScript((milliseconds) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + milliseconds;
      const origin = performance.timeOrigin;
      Object.defineProperty(performance, 'timeOrigin', { get: () => origin + milliseconds });
    }, off);
    await signInAs(page, 'Alice', suite.main, '/session');
    await expect(reading(page, 'idle')).toHaveText(/^(1[0-2]|[789]) s$/);
    await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
    await stay(page).click();
    await expect(dialog(page)).toBeHidden();
    await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
    await expect(ended(page)).toBeVisible({ timeout: 20_000 });
  });
}

test('a clock that is set while the page is open makes no difference', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  // By now the tab has read the clock.
  await expect(reading(page, 'role')).toHaveText('leads');
  await page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await expect(reading(page, 'idle')).toHaveText(/^(1[0-2]|[1-9]) s$/);
  await stay(page).click({ timeout: 20_000 });
  await expect(dialog(page)).toBeHidden();
  expect(await statusHere(page)).toBe(200);
  await expect(page.getByText('What the server knows')).toBeVisible();
});

test('while the server is unreachable no user is signed out, and the answer is sent again', async ({
  page,
  context,
  suite,
  expectedErrors,
}) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED|Failed to load resource/);
  await signInAs(page, 'Alice', suite.main, '/session');
  await expect(dialog(page)).toBeVisible({ timeout: 20_000 });
  await context.setOffline(true);
  await stay(page).click();
  await expect(page.getByText('The server does not answer. Trying again.')).toBeVisible();
  await expect(dialog(page)).toBeVisible();
  await context.setOffline(false);
  await expect(dialog(page)).toBeHidden({ timeout: 10_000 });
  expect(await statusHere(page)).toBe(200);
});
