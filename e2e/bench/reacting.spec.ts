// Measures how long it takes from the start of a navigation until the page reacts: its watch runs, and its buttons and
// links answer. `make bench` runs this on the release build.
import { type Page, enterPartner, signInAs, test } from '../support';
import { quantile, watching } from '../tabs';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 10);

/** Milliseconds from the start of the navigation to the first answer that the page could give. */
async function reactsAfter(page: Page, url: string): Promise<number> {
  await page.goto(url);
  await watching(page);
  return page.evaluate(() => (window as unknown as { reactsAt: number }).reactsAt);
}

test('time from navigation to reacting', async ({ page, suite }) => {
  test.setTimeout(ROUNDS * 60_000);
  await signInAs(page, 'Alice', suite.main);
  await enterPartner(page, suite);
  await page.addInitScript(() => {
    const ready = '.session-watch[data-ready=true]';
    new MutationObserver((_, observer) => {
      if (document.querySelector(ready) === null) return;
      Object.assign(window, { reactsAt: performance.now() });
      observer.disconnect();
    }).observe(document, { attributes: true, childList: true, subtree: true });
  });
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  const pages = [
    { name: 'the watch only (main app, /protected)', url: `${suite.main}/protected` },
    { name: 'islands (main app, /dashboard)', url: `${suite.main}/dashboard` },
    { name: 'hydrated (partner, /dashboard)', url: `${suite.partner}/dashboard` },
  ];
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const cacheDisabled of [true, false]) {
      await wire.send('Network.setCacheDisabled', { cacheDisabled });
      for (const { name, url } of pages) {
        const key = `${name} | ${cacheDisabled ? 'first visit' : 'files in the cache'}`;
        times.set(key, [...(times.get(key) ?? []), await reactsAfter(page, url)]);
      }
    }
  }
  const rows = ['| page | browser | median | p95 |', '|---|---|--:|--:|'];
  for (const [key, found] of times) {
    rows.push(`| ${key} | ${Math.round(quantile(found, 0.5))} ms | ${Math.round(quantile(found, 0.95))} ms |`);
  }
  console.log(rows.join('\n'));
});
