// Each error that a browser can meet shows a page of the app: what happened, what to do, and a way on. A 500 needs a
// handler that panics, which no app has: the HTTP tests `error_pages` reach it.
import { check } from '../accessibility';
import { type Redis, startRedis } from '../redis';
import { type Page, expect, openForeignPage, signInAs, test as base } from '../support';
import { type Suite, startSuite } from '../suite';

/** Main keeps its sessions in a separate Redis, so that a test can make the store hang. */
const test = base.extend<object, { redis: Redis; suite: Suite }>({
  redis: [
    async ({ offset }, use) => {
      const redis = await startRedis(6300 + offset);
      await use(redis);
      await redis.stop();
    },
    { scope: 'worker' },
  ],
  suite: [
    async ({ offset, redis }, use) => {
      // The browser names its address as a proxy would: without a proxy, requests from this machine have no limit.
      const settings = [`SESSION_STORE_URL=${redis.url}`, 'AUTH_SESSION_CACHE_AGE=0', 'AUTH_TRUSTED_PROXIES=127.0.0.1/32'];
      const args = settings.flatMap((setting) => ['--set', `main:${setting}`]);
      const suite = await startSuite({ offset, args });
      await use(suite);
      await suite.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  // The browser logs each of these statuses.
  expectedErrors: [/status of 4\d\d|status of 503/],
});
test.describe.configure({ timeout: 60_000 });

interface Expected {
  status: number;
  name: string;
  heading: string;
  /** The links, in order. */
  links: string[];
}

/** Checks what the page says and offers, and that it is accessible. */
async function expectErrorPage(page: Page, app: string, { status, name, heading, links }: Expected): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
  await expect(page).toHaveTitle(`Error ${status}: ${heading} · ${app}`);
  await expect(page.getByText(`Error ${status}: ${name}`, { exact: true })).toBeVisible();
  await expect(page.getByText(/^Request [\w-]{22}$/)).toBeVisible();
  await expect(page.getByRole('alert')).toHaveText(/[.]$/);
  expect(await page.getByRole('main').getByRole('link').allTextContents()).toEqual(links);
  await check(page, `${app}: error ${status}`);
}

const START = 'Go to the start page';

for (const [app, name] of [['main', 'Games'], ['identity', 'Identity'], ['partner', 'Partner']] as const) {
  test(`${app}: an address without a page, an ambiguous one, and one that is no page`, async ({ page, suite }) => {
    for (const [path, expected] of [
      ['/auth/nothing', { status: 404, name: 'not_found', heading: 'Page not found', links: [START] }],
      ['/a//b', { status: 400, name: 'ambiguous_path', heading: 'This request is not valid', links: [START] }],
      [
        '/auth/sessions/revoke',
        { status: 405, name: 'method_not_allowed', heading: 'This address cannot be opened like this', links: [START] },
      ],
    ] as const) {
      expect((await page.goto(suite[app] + path))?.status(), path).toBe(expected.status);
      await expectErrorPage(page, name, { ...expected, links: [...expected.links] });
    }
    await page.getByRole('link', { name: START }).click();
    await expect(page).toHaveURL(`${suite[app]}/`);
  });

  test(`${app}: a form of another site`, async ({ page, suite }) => {
    await openForeignPage(page, `<form method="post" action="${suite[app]}/auth/signout"><button>Win</button></form>`);
    await page.getByRole('button', { name: 'Win' }).click();
    await expect(page).toHaveURL(`${suite[app]}/auth/signout`);
    const heading = 'This request is not allowed';
    await expectErrorPage(page, name, { status: 403, name: 'cross_site_origin', heading, links: [START] });
  });

  test(`${app}: a host that the app does not know`, async ({ page, suite }) => {
    const port = new URL(suite[app]).port;
    expect((await page.goto(`http://unknown.localhost:${port}/dashboard`))?.status()).toBe(421);
    const heading = 'This address does not belong to this app';
    await expectErrorPage(page, name, { status: 421, name: 'misdirected_request', heading, links: [`Go to ${name}`] });
    await page.getByRole('link').click();
    await expect(page).toHaveURL(`${suite[app]}/`);
  });

  test(`${app}: a form with too much data`, async ({ page, suite }) => {
    await page.goto(`${suite[app]}/login`);
    await page.evaluate(() => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: '/auth/signout' });
      const field = document.createElement('textarea');
      Object.assign(field, { name: 'callbackUrl', value: 'a'.repeat(70_000) });
      form.append(field);
      document.body.append(form);
      form.submit();
    });
    await expect(page).toHaveURL(`${suite[app]}/auth/signout`);
    const heading = 'You sent too much data';
    await expectErrorPage(page, name, { status: 413, name: 'body_too_large', heading, links: [START] });
  });
}

test('too many requests from one address: the page says when to try again, and leads back', async ({ page, suite }) => {
  await page.setExtraHTTPHeaders({ 'x-forwarded-for': '203.0.113.9' });
  const limited = `${suite.main}/auth/silent?callbackUrl=/public`;
  let seconds = '';
  // The limit lets one more request through every half second, so a slow machine may need another burst.
  await expect(async () => {
    await page.goto(`${suite.main}/public`);
    await page.evaluate(async () => {
      const ask = () => fetch('/auth/silent?callbackUrl=/public', { redirect: 'manual' });
      await Promise.all(Array.from({ length: 160 }, ask));
    });
    const answer = await page.goto(limited);
    expect(answer?.status()).toBe(429);
    seconds = (await answer?.headerValue('retry-after')) ?? '';
  }).toPass();
  await expect(page.getByText(`You can try again in ${seconds} second`)).toBeVisible();
  const heading = 'You sent too many requests';
  await expectErrorPage(page, 'Games', { status: 429, name: 'too_many_requests', heading, links: ['Try again', START] });
  await expect(page.getByRole('link', { name: 'Try again' })).toHaveAttribute('href', '/auth/silent?callbackUrl=/public');
  await page.getByRole('link', { name: 'Try again' }).click();
  await expect(page).not.toHaveURL(limited);
});

test('the store does not answer: the page keeps the session, and "Try again" opens the page', async ({ page, redis, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  redis.hang();
  try {
    expect((await page.goto(`${suite.main}/protected?tab=2`))?.status()).toBe(503);
    await expect(page.getByText('You can try again in 5 seconds.')).toBeVisible();
    const heading = 'This app cannot answer right now';
    const links = ['Try again', START];
    await expectErrorPage(page, 'Games', { status: 503, name: 'session_unavailable', heading, links });
  } finally {
    redis.resume();
  }
  await page.getByRole('link', { name: 'Try again' }).click();
  await expect(page.getByText('Only signed-in users see this page')).toBeVisible();
  await expect(page).toHaveURL(`${suite.main}/protected?tab=2`);
});
