// What assistive technology sees of each page and main state: roles, names and order. `../aria.ts` says how to write
// the files again.
import { expectTree } from '../aria';
import { type Page, awake, expect, header, openAsBob, signInAs, signInButton, signOutAt, test } from '../support';
import { ended, openWatching, watching } from '../tabs';

// The warning comes 6 seconds before the end. Opening a page counts as activity, so no other test sees it.
test.use({ suiteArgs: ['store', 'partner'].flatMap((app) => ['--set', `${app}:AUTH_IDLE_TIMEOUT=12`]) });
test.setTimeout(60_000);

/** Opens each page and compares it. The name of its file begins with `prefix`. */
async function compare(page: Page, origin: string, prefix: string, pages: Record<string, string>): Promise<void> {
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(origin + path);
    if ((await page.locator('.session-watch').count()) > 0) await watching(page);
    await expectTree(page, `${prefix}-${name}`);
  }
}

const SIGN_IN_AND_OUT = {
  login: '/login',
  'login-error': '/login?error=access_denied',
  'ssr-logout': '/ssr-logout',
  'signed-out': '/signed-out',
};

test('main', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 4\d\d/);
  const pages = { home: '/', public: '/public', 'ssr-login': '/ssr-login', ...SIGN_IN_AND_OUT };
  await compare(page, suite.main, 'main-guest', { ...pages, error: '/auth/nothing' });
  await signInAs(page, 'Alice', suite.main);
  await compare(page, suite.main, 'main-user', {
    ...pages,
    protected: '/protected',
    dashboard: '/dashboard',
    session: '/session',
    'not-found': '/nothing',
  });
});

test('identity', async ({ page, suite }) => {
  const pages = { home: '/', ...SIGN_IN_AND_OUT };
  await compare(page, suite.identity, 'identity-guest', pages);
  await signInAs(page, 'Alice', suite.identity);
  await compare(page, suite.identity, 'identity-user', pages);
});

test('partner', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  const pages = { home: '/', public: '/public', 'ssr-login': '/ssr-login', ...SIGN_IN_AND_OUT };
  await compare(page, suite.partner, 'partner-guest', pages);
  await signInAs(page, 'Alice', suite.partner);
  await compare(page, suite.partner, 'partner-user', {
    ...pages,
    protected: '/protected',
    notes: '/dashboard',
    number: '/dashboard/number',
    session: '/session',
    'not-found': '/nothing',
  });
});

test('the provider', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 40\d/);
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.waitForURL((url) => url.origin === suite.provider);
  const address = page.url();
  await expectTree(page, 'provider-login');
  await page.goto(address);
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.main}/`);
  await compare(page, suite.provider, 'provider', {
    confirm: '/logout',
    refused: '/authorize',
    'not-found': '/nothing',
    'try-failures': '/try-failures',
  });
  await page.goto(`${suite.provider}/logout`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await expectTree(page, 'provider-signed-out');
});

for (const [app, path, name] of [
  ['main', '/protected', 'main'],
  ['main', '/dashboard', 'main-islands'],
  ['partner', '/dashboard', 'partner'],
] as const) {
  test(`the end of the session: ${name}`, async ({ page, context, suite }) => {
    await signInAs(page, 'Alice', suite[app]);
    const tab = await openWatching(context, suite[app] + path);
    await signOutAt(page, suite[app]);
    await expect(ended(tab)).toBeVisible();
    await expectTree(tab, `${name}-ended`);
  });
}

for (const [app, path, link] of [['main', '/public', 'Protected'], ['partner', '/public', 'Dashboard']] as const) {
  test(`the navigation guard: ${app}`, async ({ page, suite }) => {
    await page.goto(suite[app] + path);
    await awake(page);
    await header(page).getByRole('link', { name: link }).click();
    await expect(page.getByText('Please sign in to continue')).toBeVisible();
    await expectTree(page, `${app}-guard`);
  });
}

for (const [app, path, name] of [['store', '/protected', 'main'], ['store', '/dashboard', 'main-islands'], ['partner', '/dashboard', 'partner']] as const) {
  test(`the idle warning: ${name}`, async ({ page, suite }) => {
    await signInAs(page, 'Alice', suite[app], path);
    await watching(page);
    await expect(page.getByRole('alertdialog', { name: 'Are you still there?' })).toBeVisible({ timeout: 20_000 });
    await expectTree(page, `${name}-idle`);
  });
}

test('the question of a handoff', async ({ page, suite }) => {
  await openAsBob(page, suite);
  await expectTree(page, 'handoff-question');
});
