// The fragment of a deep link (#part) survives a sign-in. Browsers keep it through redirects; servers never see it.
import type { Page } from '@playwright/test';
import { awake, continueAs, expect, expectSignedIn, signInAs, signOutAt, test } from '../support';
import type { Suite } from '../suite';

/** Collects the addresses at which a page arrives outside an app. */
function elsewhere(page: Page, app: string): string[] {
  const addresses: string[] = [];
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame() && !frame.url().startsWith(app)) addresses.push(frame.url());
  });
  return addresses;
}

for (const [name, origin, path] of [
  ['the main app', (suite: Suite) => suite.games, '/protected'],
  ['a hydrated app', (suite: Suite) => suite.partner, '/dashboard'],
] as const) {
  test(`${name}: a sign-in by hand keeps the fragment, and neither identity nor the provider sees it`, async ({
    page,
    suite,
  }) => {
    const app = origin(suite);
    const addresses = elsewhere(page, app);
    await page.goto(`${app}${path}?tab=2#part`);
    await expect(page).toHaveURL(/\/login\?callbackUrl=[^#]*#part$/);
    await continueAs(page, 'Alice');
    await expect(page).toHaveURL(`${app}${path}?tab=2#part`);
    await expectSignedIn(page, 'Alice');
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter((address) => address.includes('part'))).toEqual([]);
  });
}

test('a silent sign-in keeps the fragment', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await page.goto(`${suite.partner}/dashboard#part`);
  await expect(page).toHaveURL(`${suite.partner}/dashboard#part`);
  await expectSignedIn(page, 'Alice');
});

test('a fragment is text: it cannot leave the app or become markup, and a long one is dropped', async ({
  page,
  suite,
}) => {
  for (const [fragment, kept] of [
    ['#"><script>alert(1)</script>', /\/protected#%22%3E%3Cscript%3Ealert\(1\)%3C\/script%3E$/],
    ['#//evil.example', /\/protected#\/\/evil\.example$/],
    ['#javascript:alert(1)', /\/protected#javascript:alert\(1\)$/],
    [`#${'a'.repeat(600)}`, /\/protected$/],
  ] as const) {
    // Another fragment alone would not load the page again.
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto(`${suite.games}/protected${fragment}`);
    await continueAs(page, 'Alice');
    await expect(page).toHaveURL(kept);
    expect(new URL(page.url()).origin).toBe(suite.games);
  }
});

test('a tab whose session ended comes back to its fragment', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await page.goto(`${suite.games}/protected#part`);
  await awake(page);
  const other = await context.newPage();
  await signOutAt(other, suite.games);
  const again = page.getByRole('link', { name: 'Sign in again' });
  await expect(again).toHaveAttribute('href', '/login?callbackUrl=%2Fprotected%23part');
  await signInAs(other, 'Alice', suite.partner, '/dashboard');
  await expectSignedIn(page, 'Alice');
  await expect(page).toHaveURL(`${suite.games}/protected#part`);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the fragment is lost at a sign-in by hand, and the page opens all the same', async ({ page, suite }) => {
    await page.goto(`${suite.games}/protected#part`);
    await continueAs(page, 'Alice');
    await expect(page).toHaveURL(`${suite.games}/protected`);
  });
});
