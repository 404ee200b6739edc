// A proxy that passes its upstream's name on instead of the host.
import { expect, test } from '../support';

test.use({ behindTls: { directives: 'proxy_set_header Host $proxy_host;' } });

test('every page says that the host is wrong, and nothing is set', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 421/);
  for (const origin of [suite.games, suite.identity, suite.partner]) {
    const answer = await page.goto(`${origin}/public`);
    expect(answer?.status(), origin).toBe(421);
    await expect(page.getByText('This server does not serve that host name')).toBeVisible();
  }
  expect(await page.context().cookies()).toEqual([]);
});
