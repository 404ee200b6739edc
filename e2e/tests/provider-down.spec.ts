// The provider does not answer: the sign-in page says so, and the apps keep running.
import { expect, test } from '../support';

test.use({ suiteArgs: ['--except', 'provider'] });

test('the sign-in page says that the provider is not answering', async ({ page, suite }) => {
  await page.goto(suite.main);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.goto(`${suite.main}/login`);
  await expect(page.getByText('is not answering right now')).toBeVisible();
});

test('/readyz names the outage, which takes no replica out of service', async ({ page, suite }) => {
  expect((await page.request.get(`${suite.main}/healthz`)).status()).toBe(200);
  const ready = await page.request.get(`${suite.main}/readyz`);
  expect(ready.status()).toBe(200);
  expect(await ready.json()).toEqual({ status: 'ready', store: 'ok', providers: { demo: 'down' } });
});
