// Measures how long it takes until every tab of one origin receives the end of its session, and shows it.
// Another browser ends the session, so no page of this browser loads at the same time. `make bench` runs this
// on the release build.
import type { BrowserContext } from '@playwright/test';
import { type Page, type Suite, expect, signInAs, test } from '../support';
import { openWatching, quantile, shownAt } from '../tabs';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 10);
const TABS = 8;
/** The wait after opening the tabs, until they are all quiet, milliseconds. */
const QUIET = 1500;

/**
 * The time, by this machine's clock, at which a tab receives on the channel that its session ended. `null`
 * for the tab that sent the message.
 */
const heardAt = (tab: Page) =>
  tab.evaluate(
    () =>
      new Promise<number | null>((resolve) => {
        new BroadcastChannel('session/2').onmessage = ({ data }) => {
          if (String(data).startsWith('signed_out')) resolve(Date.now());
        };
        new MutationObserver(() => {
          if (document.querySelector('.session-ended') !== null) setTimeout(() => resolve(null), 1000);
        }).observe(document.body, { childList: true, subtree: true });
      }),
  );

async function round(context: BrowserContext, device: BrowserContext, suite: Suite) {
  const page = await context.newPage();
  await signInAs(page, 'Alice', suite.main);
  await page.close();
  const tabs: Page[] = [];
  for (let tab = 0; tab < TABS; tab += 1) tabs.push(await openWatching(context, `${suite.main}/protected`));
  const heard = tabs.map(heardAt);
  const shown = tabs.map((tab) => shownAt(tab, '.session-ended'));
  await new Promise((resolve) => setTimeout(resolve, QUIET));
  const from = Date.now();
  const answer = await device.request.post(`${suite.main}/auth/sessions/revoke`, {
    form: { id: 'others' },
    headers: { origin: suite.main },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(303);
  const after = (times: (number | null)[]) => times.filter((time) => time !== null).map((time) => time - from);
  return { heard: after(await Promise.all(heard)), shown: after(await Promise.all(shown)) };
}

test('time until every tab of one origin shows that its session has ended', async ({ browser, suite }) => {
  test.setTimeout(ROUNDS * 60_000);
  const device = await browser.newContext();
  await signInAs(await device.newPage(), 'Alice', suite.main);
  const heard: number[] = [];
  const shown: number[] = [];
  for (let count = 0; count < ROUNDS; count += 1) {
    const context = await browser.newContext();
    const told = await round(context, device, suite);
    heard.push(...told.heard);
    shown.push(...told.shown);
    await context.close();
  }
  expect(shown).toHaveLength(ROUNDS * TABS);
  const row = (name: string, times: number[]) => {
    const cells = [0.5, 0.95, 0.99, 1].map((share) => `${quantile(times, share)} ms`);
    return `| ${name} | ${times.length} | ${cells.join(' | ')} |`;
  };
  console.log(
    [
      `| ${TABS} tabs of one origin, after the session has ended | samples | median | p95 | p99 | last |`,
      '|---|--:|--:|--:|--:|--:|',
      row('event received by BroadcastChannel', heard),
      row('server asked, content removed', shown),
    ].join('\n'),
  );
});
