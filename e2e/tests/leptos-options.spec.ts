// The other choices of a hydrated Leptos app (partner): at the end the page is loaded again, which drops the memory of
// its WebAssembly, and a guest who clicks a guarded link goes to sign-in.
import { type Page, awake, expect, header, signInAs, signOutButton, test } from '../support';
import { openWatching } from '../tabs';

test.use({ suiteArgs: ['--set', 'partner:PARTNER_ENDED=reload', '--set', 'partner:PARTNER_DENIED=sign-in'] });

const MARKER = 'marker-77ab03';

/** Keeps the memory of the page's WebAssembly, so that the test can search it. */
async function keepMemory(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const name of ['instantiate', 'instantiateStreaming'] as const) {
      const original = WebAssembly[name] as (...args: unknown[]) => Promise<WebAssembly.WebAssemblyInstantiatedSource>;
      Object.assign(WebAssembly, {
        [name]: async (...args: unknown[]) => {
          const result = await original(...args);
          Object.assign(window, { memory: (result.instance ?? result).exports['memory'] });
          return result;
        },
      });
    }
  });
}

const memoryHolds = (page: Page): Promise<boolean> =>
  page.evaluate((marker) => {
    const { memory } = window as unknown as { memory: WebAssembly.Memory };
    return new TextDecoder('latin1').decode(memory.buffer).includes(marker);
  }, MARKER);

test('at the end the page is loaded again, and its memory holds nothing of the user', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await awake(page);
  await page.getByLabel('New note').fill(MARKER);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText(MARKER)).toBeVisible();
  await page.goto(`${suite.partner}/public`);
  const tab = await context.newPage();
  await keepMemory(tab);
  await tab.goto(`${suite.partner}/dashboard`);
  await awake(tab);
  await expect(tab.getByText(MARKER)).toBeVisible();
  expect(await memoryHolds(tab)).toBe(true);
  await signOutButton(page).first().click();
  await expect(tab).toHaveURL(`${suite.partner}/login?callbackUrl=${encodeURIComponent('/dashboard')}`);
  await awake(tab);
  expect(await memoryHolds(tab)).toBe(false);
  await expect(header(tab).getByText('Alice')).toHaveCount(0);
});

test('a guest who clicks a guarded link goes to sign-in, and from there to the page', async ({ page, suite }) => {
  await page.goto(`${suite.partner}/public`);
  await awake(page);
  await header(page).getByRole('link', { name: 'Protected' }).click();
  await expect(page).toHaveURL(`${suite.partner}/login?callbackUrl=${encodeURIComponent('/protected')}`);
  await expect(page.getByText('Please sign in to continue')).toHaveCount(0);
});

test('a waiting tab that was loaded again comes to its page after a sign-in', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  const tab = await openWatching(context, `${suite.partner}/protected`);
  await page.goto(`${suite.partner}/public`);
  await signOutButton(page).first().click();
  await expect(tab).toHaveURL(`${suite.partner}/login?callbackUrl=${encodeURIComponent('/protected')}`);
  await expect(tab.getByRole('button', { name: /^Sign in with/ })).toBeVisible();
});
