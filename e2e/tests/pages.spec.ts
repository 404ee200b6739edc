// Rules for every page: no error in the console (the fixture `guard` checks that), a policy that blocks
// foreign code, and a layout that works for screen readers, keyboards and phones.
import AxeBuilder from '@axe-core/playwright';
import { PROTECTED_PAGES, PUBLIC_PAGES, type Page, type Suite, awake, expect, signInAs, signInButton, test } from '../support';

const everyPage = [...PUBLIC_PAGES, ...PROTECTED_PAGES];

/** Visits every page of the suite: as a guest, at the provider, and signed in. */
async function visitAll(page: Page, suite: Suite, look: (name: string) => Promise<void>): Promise<void> {
  for (const url of [...PUBLIC_PAGES.map((path) => suite.main + path), suite.identity, `${suite.identity}/login`]) {
    await page.goto(url);
    await look(url);
  }
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.waitForURL((url) => url.origin === suite.provider);
  await look('the provider');
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.main}/`);
  for (const path of everyPage) {
    await page.goto(suite.main + path);
    await look(`${path}, signed in`);
  }
}

test('every page is accessible', async ({ page, suite }) => {
  test.slow();
  await visitAll(page, suite, async (name) => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
    expect(found, name).toEqual([]);
  });
});

test('every page has enough contrast in dark mode', async ({ page, suite }) => {
  test.slow();
  await page.emulateMedia({ colorScheme: 'dark' });
  await visitAll(page, suite, async (name) => {
    const { violations } = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
    expect(violations.flatMap(({ nodes }) => nodes.map((node) => node.html)), name).toEqual([]);
  });
});

test('no page scrolls sideways on a phone', async ({ page, suite }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visitAll(page, suite, async (name) => {
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }));
    expect(scroll, name).toBeLessThanOrEqual(client);
  });
});

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

test('signing in needs no mouse', async ({ page, suite }) => {
  await page.goto(`${suite.main}/login`);
  const press = async (name: RegExp) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      const text = (await focused.count()) === 1 ? ((await focused.textContent()) ?? '') : '';
      if (name.test(text.trim())) {
        const outline = await focused.evaluate((element) => {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
          return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
        });
        expect(outline, `focus is visible on ${name}`).toBe(true);
        await page.keyboard.press('Enter');
        return;
      }
    }
    throw new Error(`Tab does not reach ${name}`);
  };
  await press(/^Sign in with/);
  await page.waitForURL((url) => url.origin === suite.provider);
  await press(/^Continue as Alice/);
  await page.waitForURL(`${suite.main}/`);
});

test('the first Tab offers to skip the navigation', async ({ page, suite }) => {
  await page.goto(suite.main);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
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
