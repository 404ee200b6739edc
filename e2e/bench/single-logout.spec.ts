// Measures how long after a sign-out every tab of every app shows it. `make bench` runs this on the release
// build.
import { type Told, signOutEverywhere } from '../everywhere';
import { expect, test } from '../support';
import { quantile } from '../tabs';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 10);

test('time until every tab of every app shows a sign-out', async ({ browser, suite }) => {
  test.setTimeout(ROUNDS * 120_000);
  const told: Told[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext();
    told.push(...(await signOutEverywhere(await context.newPage(), suite)));
    await context.close();
  }
  expect(told).toHaveLength(ROUNDS * 20);
  const row = (name: string, of: Told[]) => {
    const times = of.map(({ after }) => after);
    const cells = [0.5, 0.95, 0.99, 1].map((share) => `${quantile(times, share)} ms`);
    return `| ${name} | ${of.length} | ${cells.join(' | ')} |`;
  };
  const at = (origin: string) => told.filter((one) => one.origin === origin);
  console.log(
    [
      '| shown after a sign-out in games | samples | median | p95 | p99 | last |',
      '|---|--:|--:|--:|--:|--:|',
      row('all 4 apps, 5 tabs each', told),
      row('games (same origin)', at(suite.games)),
      row('store (shared session, islands)', at(suite.store)),
      row('main on localhost (by logout token)', at(suite.main)),
      row('partner (other site, by logout token, hydrated)', at(suite.partner)),
    ].join('\n'),
  );
});
