// Rules for every page: no error in the console (the fixture `guard` checks that), one title and heading, light and dark
// mode, and only the scripts that a page needs. `accessibility.spec.ts` and `keyboard.spec.ts` have the rules for everyone's access.
import { PUBLIC_PAGES, awake, expect, signInAs, test } from '../support';

test('every page has its own title and one main heading', async ({ page, suite }) => {
  const titles = new Set<string>();
  for (const path of PUBLIC_PAGES) {
    await page.goto(suite.main + path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    titles.add(await page.title());
  }
  expect(titles.size).toBeGreaterThanOrEqual(PUBLIC_PAGES.length - 1);
});

test('pages follow the system\'s light or dark mode', async ({ page, suite }, info) => {
  const brightness = () =>
    page.evaluate(() => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d');
      if (!canvas) throw new Error('no canvas');
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return (red + green + blue) / 3;
    });
  await page.goto(suite.main);
  for (const [colorScheme, dark] of [['light', false], ['dark', true]] as const) {
    await page.emulateMedia({ colorScheme });
    expect((await brightness()) < 128, colorScheme).toBe(dark);
    await info.attach(`${colorScheme}.png`, { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
  }
});

test('pages with nothing interactive load no WebAssembly, and at most the lines that keep a fragment', async ({
  page,
  suite,
}) => {
  const scripts: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/\.(js|wasm)$/.test(pathname)) scripts.push(pathname);
  });
  for (const path of ['/login', '/ssr-login', '/ssr-logout', '/signed-out']) {
    await page.goto(suite.main + path, { waitUntil: 'networkidle' });
  }
  expect(new Set(scripts)).toEqual(new Set(['/auth/sign-in.js']));
  scripts.length = 0;
  await page.goto(suite.main);
  await awake(page);
  expect(scripts.length).toBeGreaterThan(0);
});

test('scripts are fetched after the first paint', async ({ page, suite }) => {
  await page.goto(suite.main);
  await awake(page);
  const { painted, fetched } = await page.evaluate(() => ({
    painted: performance.getEntriesByName('first-paint')[0]?.startTime ?? Number.NaN,
    fetched: performance
      .getEntriesByType('resource')
      .filter(({ name }) => /[.](js|wasm)$/.test(name))
      .map(({ startTime }) => startTime),
  }));
  expect(fetched).toHaveLength(2);
  expect(Math.min(...fetched)).toBeGreaterThanOrEqual(painted);
});

test('after a sign-out a protected page leads to the sign-in page', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/protected');
  await page.goto(`${suite.main}/ssr-logout`);
  await page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await page.goto(`${suite.main}/protected`);
  await expect(page).toHaveURL(/\/login\?callbackUrl=/);
});
