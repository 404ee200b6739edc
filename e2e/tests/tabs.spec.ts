// Article 4, same origin: one tab listens to the server and tells the others. No event is lost when that tab
// goes away.
import { type Page, expect, signInAs, signOutButton, test } from '../support';
import { endFromElsewhere, ended, freeze, leaderOf, openWatching, otherDevice, quantile, reading, shownAt } from '../tabs';

test('one of many tabs listens, and all of them get its events', async ({ page, context, suite }) => {
  test.setTimeout(90_000);
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  let streams = 0;
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/auth/events') streams += 1;
  });
  const tabs: Page[] = [];
  for (let tab = 0; tab < 8; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  await leaderOf(tabs);
  expect(streams).toBe(1);
  const device = await otherDevice(page, suite.main);
  const shown = tabs.map((tab) => shownAt(tab, '.session-ended'));
  await endFromElsewhere(device, suite.main);
  const times = await Promise.all(shown);
  const first = Math.min(...times);
  const spread = times.map((time) => time - first);
  // Every tab must follow. How fast depends on the machine.
  console.log(`8 tabs of one origin after the first: p50 ${quantile(spread, 0.5)} ms, last ${Math.max(...spread)} ms`);
  for (const tab of tabs) await expect(ended(tab)).toBeVisible();
  await device.context().close();
});

test('when the leader is closed, another tab leads and gets events', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  const tabs = [];
  for (let tab = 0; tab < 3; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  const { leader, followers } = await leaderOf(tabs);
  const from = Date.now();
  await leader.close();
  await leaderOf(followers);
  console.log(`a closed leader is replaced after ${Date.now() - from} ms`);
  const device = await otherDevice(page, suite.main);
  await endFromElsewhere(device, suite.main);
  for (const tab of followers) await expect(ended(tab)).toBeVisible();
  await device.context().close();
});

test('when the leader crashes, another tab leads', async ({ page, context, suite, expectedErrors }) => {
  expectedErrors.push(/crash/i);
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  // Chromium may put tabs of one site into one process, which then crashes as a whole.
  const tabs = [];
  for (let tab = 0; tab < 2; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  const { leader, followers } = await leaderOf(tabs);
  const devtools = await context.newCDPSession(leader);
  const crashed = leader.waitForEvent('crash');
  devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  const alive = [];
  for (const tab of followers) {
    const isAlive = await Promise.race([tab.evaluate(() => true), tab.waitForEvent('crash').then(() => false)]).catch(() => false);
    if (isAlive) alive.push(tab);
  }
  // If both tabs shared a process, a new tab must lead although the old leader released nothing.
  if (alive.length === 0) alive.push(await openWatching(context, `${suite.main}/session`));
  await leaderOf(alive);
});

test('a frozen leader releases the lock, and shows no outdated content when it comes back', async ({
  page,
  context,
  suite,
}) => {
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  const tabs = [];
  for (let tab = 0; tab < 3; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  const { leader, followers } = await leaderOf(tabs);
  const frozen = await freeze(leader);
  const from = Date.now();
  await leaderOf(followers);
  console.log(`a frozen leader is replaced after ${Date.now() - from} ms`);
  const device = await otherDevice(page, suite.main);
  await endFromElsewhere(device, suite.main);
  for (const tab of followers) await expect(ended(tab)).toBeVisible();
  await frozen.thaw();
  await expect(ended(leader)).toBeVisible();
  await device.context().close();
});

test('a frozen leader that comes back follows the new leader', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  const tabs = [];
  for (let tab = 0; tab < 2; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  const { leader, followers } = await leaderOf(tabs);
  const frozen = await freeze(leader);
  const { leader: next } = await leaderOf(followers);
  await frozen.thaw();
  await expect(reading(leader, 'role')).toHaveText('follows');
  await expect(reading(next, 'role')).toHaveText('leads');
  await expect(leader.getByText('What the server knows')).toBeVisible();
});

test('a follower steals the lock of a hanging leader, which then follows', async ({ page, context, suite }) => {
  test.setTimeout(60_000);
  // Two separate windows: Chromium gives each its own process.
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  const tabs = [];
  for (let tab = 0; tab < 2; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  const { leader, followers } = await leaderOf(tabs);
  const hangs = leader.evaluate(() => {
    const end = Date.now() + 8_000;
    while (Date.now() < end);
  });
  for (const tab of followers) {
    await expect(reading(tab, 'role')).toHaveText('leads', { timeout: 15_000 });
    await expect(reading(tab, 'stream')).toHaveText('session');
  }
  await hangs;
  await expect(reading(leader, 'role')).toHaveText('follows');
});

test('without locks and channels every tab listens separately', async ({ page, context, suite }) => {
  await context.addInitScript(() => {
    Object.defineProperty(navigator, 'locks', { value: undefined });
    Reflect.deleteProperty(window, 'BroadcastChannel');
  });
  await signInAs(page, 'Alice', suite.main);
  await page.goto('about:blank');
  const tabs = [];
  for (let tab = 0; tab < 2; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
  for (const tab of tabs) await expect(reading(tab, 'role')).toHaveText('leads');
  await page.goto(`${suite.main}/ssr-logout`);
  await signOutButton(page).last().click();
  for (const tab of tabs) await expect(ended(tab)).toBeVisible();
});

test('forged, malformed or excessive messages change nothing: the tab asks the server', async ({
  page,
  context,
  suite,
}) => {
  await signInAs(page, 'Alice', suite.main);
  const tab = await openWatching(context, `${suite.main}/session`);
  let questions = 0;
  tab.on('request', (request) => {
    if (new URL(request.url()).pathname === '/auth/session') questions += 1;
  });
  const asked = tab.waitForResponse(`${suite.main}/auth/session`);
  await page.evaluate(() => {
    const channel = new BroadcastChannel('session/2');
    const now = Date.now();
    const lines = [
      `signed_out ${now} revoked`,
      `signed_out ${now} <b>`,
      `signed_in ${now} mallory`,
      `times ${now} 0 0 0`,
      `active ${now} 9223372036854775807`,
      `nothing ${now}`,
      'signed_out',
      '',
      'x'.repeat(100_000),
    ];
    for (const line of lines) channel.postMessage(line);
    channel.postMessage({ kind: 'signed_out' });
    for (let flood = 0; flood < 5_000; flood += 1) channel.postMessage(`signed_out ${now} revoked`);
    channel.close();
  });
  await asked;
  await expect(signOutButton(tab).first()).toBeVisible();
  await expect(ended(tab)).toHaveCount(0);
  expect(questions).toBeLessThan(30);
  // The tab still gets true events.
  const device = await otherDevice(page, suite.main);
  await endFromElsewhere(device, suite.main);
  await expect(ended(tab)).toBeVisible();
  await device.context().close();
});

test('/session shows the leader, the deadlines, and the events with their source', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.store, '/session');
  await expect(reading(page, 'role')).toHaveText('leads');
  await expect(reading(page, 'stream')).toHaveText('session');
  await expect(reading(page, 'idle')).toHaveText(/^29 min \d+ s$/);
  await expect(reading(page, 'expires')).toHaveText(/^29 min \d+ s$/);
  const before = await reading(page, 'idle').textContent();
  await expect(reading(page, 'idle')).not.toHaveText(before ?? '');
  await openWatching(context, `${suite.store}/dashboard`);
  const heard = page.locator('.tab-events li[data-source=tab][data-event=signed_in]');
  await expect(heard).not.toHaveCount(0);
  expect(Number(await heard.first().getAttribute('data-delay'))).toBeLessThan(2_000);
  await expect(page.locator('.tab-events li[data-source=server][data-event=heartbeat]')).not.toHaveCount(0);
});

test.describe('without a stream', () => {
  test.use({ expectedErrors: [/\/auth\/events.*ERR_FAILED/] });

  test('the leader passes on what it finds out by asking', async ({ page, context, suite }) => {
    await signInAs(page, 'Alice', suite.main, '/session');
    await page.goto('about:blank');
    await context.route('**/auth/events', (route) => route.abort());
    const tabs = [];
    for (let tab = 0; tab < 3; tab += 1) tabs.push(await openWatching(context, `${suite.main}/session`));
    const { leader } = await leaderOf(tabs);
    const device = await otherDevice(page, suite.main);
    await endFromElsewhere(device, suite.main);
    await leader.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    for (const tab of tabs) await expect(ended(tab)).toBeVisible();
    await device.context().close();
  });
});
