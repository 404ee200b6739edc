// WCAG 2.2 AA: every page in every state, in light, dark and forced colours, at a zoom of 400 %, with wide text
// spacing and without motion.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { check, checkText, countAnnouncements, findings } from '../accessibility';
import { switchOff, switchOn } from '../failures';
import {
  PROTECTED_PAGES,
  PUBLIC_PAGES,
  type Page,
  awake,
  expect,
  header,
  openAsBob,
  signInAs,
  signInButton,
  signOutAt,
  test,
} from '../support';
import { ended, openWatching, otherDevice, watching } from '../tabs';

// The warning comes 20 seconds before the end. Opening a page counts as activity, so no other test sees it.
test.use({ suiteArgs: ['store', 'partner'].flatMap((app) => ['--set', `${app}:AUTH_IDLE_TIMEOUT=40`]) });
test.describe.configure({ mode: 'parallel', timeout: 90_000 });

/** The codes of `/login?error=` with their sentences, as `docs/errors.md` has them. `make test` compares its codes with the source. */
function signInErrors(): Map<string, string> {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  const section = text.split('\n## ').find((part) => part.startsWith('The sign-in page')) ?? '';
  const rows = section.matchAll(/^\| `([a-z_]+)` \| [^|]* \| "([^|]*)" \|/gm);
  return new Map([...rows].map(([, code = '', sentence = '']) => [code, sentence]));
}

/** Opens each page of an app, and checks it. */
async function visit(page: Page, origin: string, paths: readonly string[], state: string): Promise<void> {
  for (const path of paths) {
    await page.goto(origin + path);
    if ((await page.locator('.session-watch').count()) > 0) await watching(page);
    await check(page, `${origin}${path}, ${state}`);
  }
}

test('the checks find what is wrong with a page', async ({ page, suite }) => {
  await page.goto(`${suite.main}/login`);
  expect(await findings(page)).toEqual([]);
  for (const [fault, expected] of [
    ['<input class="short">', /^light: label/],
    ['<p id="pale">Pale</p>', /^dark: color-contrast/],
    ['<pre id="wide">x</pre>', /^a zoom of 400 %: the page is \d+ px wide/],
    ['<div id="low"><p>Cut</p></div>', /^text spacing: .*cut at the bottom/],
    ['<p><button id="one">a</button><button id="two">b</button></p>', /^target size: <button id="one"/],
    ['<p id="moves">Moves</p>', /^reduced motion: .*moves/],
  ] as const) {
    await page.evaluate((html) => {
      const style = new CSSStyleSheet();
      style.replaceSync(`
        #pale { color: rgb(90 90 90) }
        #wide { width: 400px }
        #low { height: 1.6em; overflow: hidden; line-height: 1.6 }
        #one, #two { padding: 0; border: 0; width: 12px; height: 12px }
        #moves { transition: color 1s !important }`);
      document.adoptedStyleSheets = [style];
      const place = document.createElement('div');
      place.innerHTML = html;
      document.querySelector('main')?.append(place);
    }, fault);
    const found = await findings(page);
    expect(found.some((finding) => expected.test(finding)), `${fault}: ${found.join('\n')}`).toBe(true);
    await page.reload();
  }
});

test('main: every page for a guest', async ({ page, suite }) => {
  await visit(page, suite.main, PUBLIC_PAGES, 'a guest');
  await visit(page, suite.main, ['/login?callbackUrl=/protected'], 'a guest');
});

test('main: the sign-in page with each error', async ({ page, suite }) => {
  await visit(page, suite.main, ['/login?error=invalid_state'], 'a guest');
  const errors = signInErrors();
  expect(errors.size).toBeGreaterThan(10);
  for (const [code, sentence] of errors) {
    await page.goto(`${suite.main}/login?error=${code}`);
    await expect(page.getByRole('alert')).toHaveText(sentence);
    await checkText(page, `the sign-in page with ${code}`);
  }
  await page.goto(`${suite.main}/login?error=unknown`);
  await checkText(page, 'the sign-in page with a code that no app knows');
});

test('main: every page for a user', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  await signInAs(page, 'Alice', suite.main);
  await visit(page, suite.main, [...PUBLIC_PAGES, ...PROTECTED_PAGES, '/nothing', '/dashboard?saved=yes', '/dashboard?saved=unavailable'], 'a user');
});

test('identity: every page for a guest and a user', async ({ page, suite }) => {
  const pages = ['/', '/login', '/ssr-logout', '/signed-out'];
  await visit(page, suite.identity, [...pages, '/?open=partner', '/login?error=refused'], 'a guest');
  await signInAs(page, 'Alice', suite.identity);
  await visit(page, suite.identity, pages, 'a user');
});

test('partner: every page for a guest and a user', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 404/);
  const pages = ['/', '/public', '/login', '/ssr-login', '/ssr-logout', '/signed-out'];
  await visit(page, suite.partner, [...pages, '/login?error=refused&callbackUrl=/dashboard'], 'a guest');
  await signInAs(page, 'Alice', suite.partner);
  await visit(page, suite.partner, [...pages, '/protected', '/dashboard', '/dashboard/number', '/session', '/nothing'], 'a user');
});

test('the provider: sign-in, confirmation, sign-out and refusals', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of 40\d/);
  await page.goto(`${suite.main}/login`);
  await signInButton(page).click();
  await page.waitForURL((url) => url.origin === suite.provider);
  await check(page, 'the provider asks who signs in');
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.main}/`);
  await visit(page, suite.provider, ['/logout', '/logout?post_logout_redirect_uri=http://evil.example/', '/authorize', '/nothing', '/login', '/try-failures'], 'signed in there');
  await switchOn(page, suite, 'Sign-in cancelled');
  await check(page, 'the provider: a failure is on');
  await switchOff(page, suite);
  await page.goto(`${suite.provider}/logout`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await check(page, 'the provider has signed out');
});

for (const app of ['main', 'partner'] as const) {
  test(`${app}: a tab whose session has ended, in each way`, async ({ page, context, suite }) => {
    const origin = suite[app];
    await signInAs(page, 'Alice', origin);
    const tabs = [];
    for (const path of ['/protected', '/dashboard']) tabs.push(await openWatching(context, origin + path));
    const counted = await Promise.all(tabs.map(countAnnouncements));
    await signOutAt(page, origin);
    for (const [index, tab] of tabs.entries()) {
      await expect(ended(tab)).toBeFocused();
      const changes = Object.entries((await counted[index]?.()) ?? {}).filter(([text]) => text.includes('You have been signed out'));
      expect(changes.map(([, times]) => times), 'the message is announced once').toEqual([1]);
      await check(tab, `${app}: ended, waits for the user`);
    }
    await signInAs(page, 'Bob', origin);
    for (const tab of tabs) {
      await expect(tab.getByText('Another user signed in.')).toBeVisible();
      await check(tab, `${app}: ended, another user is signed in`);
    }
  });
}

for (const [app, path] of [['main', '/public'], ['partner', '/public']] as const) {
  test(`${app}: the message of the navigation guard`, async ({ page, suite }) => {
    await page.goto(suite[app] + path);
    await awake(page);
    const announced = await countAnnouncements(page);
    const link = header(page).getByRole('link', { name: app === 'main' ? 'Protected' : 'Dashboard' });
    await link.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByText('Please sign in to continue')).toBeVisible();
    await expect(link).toBeFocused();
    const changes = Object.entries(await announced()).filter(([text]) => text.includes('Please sign in to continue'));
    expect(changes.map(([, times]) => times), 'the message is announced once').toEqual([1]);
    await check(page, `${app}: the navigation guard`);
  });
}

test('the question whether to go on as another user', async ({ page, suite }) => {
  await openAsBob(page, suite);
  await check(page, 'the question of a handoff');
});

test('main: lists of devices, and messages of islands', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/status of (400|403|503|500)/);
  await signInAs(page, 'Alice', suite.main);
  const device = await otherDevice(page, suite.main);
  await page.goto(`${suite.main}/session`);
  await watching(page);
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByText('{"status":200}')).toBeVisible();
  await check(page, 'main: two devices, and answers of the server');
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  await check(page, 'main: one device');
  await device.context().close();

  await page.goto(`${suite.main}/dashboard`);
  await watching(page);
  const number = page.getByRole('spinbutton', { name: 'Favourite number' });
  const save = page.getByRole('button', { name: 'Save' });
  await number.fill('7');
  await save.click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await check(page, 'main: a number is saved');
  // The last failure is the same as the one before: it must be announced again.
  for (const [error, sentence] of [
    ['forbidden', 'You may not do that.'],
    ['session_unavailable', 'That is not possible right now. You have not been signed out. Please try again in a moment.'],
    ['invalid', 'Please enter a whole number.'],
    ['failed', 'That did not work. Please try again.'],
    ['failed', 'That did not work. Please try again.'],
  ] as const) {
    await page.route('**/api/save-favourite-number', (route) =>
      route.fulfill({ status: 400, json: { error, message: sentence } }),
    );
    const announced = await countAnnouncements(page);
    await save.click();
    await expect.poll(announced, error).toEqual({ [sentence]: 1 });
    await page.unroute('**/api/save-favourite-number');
  }
  await check(page, 'main: a failed save');
});

test('the idle warning', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.store);
  await page.goto(`${suite.partner}/login`);
  await signInButton(page).first().click();
  await page.waitForURL(`${suite.partner}/`);
  await page.goto('about:blank');
  const urls = [`${suite.store}/protected`, `${suite.store}/dashboard`, `${suite.partner}/dashboard`];
  const tabs = [];
  for (const url of urls) tabs.push(await openWatching(context, url));
  const announced = await Promise.all(tabs.map(countAnnouncements));
  for (const [index, tab] of tabs.entries()) {
    await expect(tab.getByRole('alertdialog', { name: 'Are you still there?' })).toBeVisible({ timeout: 30_000 });
    await check(tab, `the idle warning, ${tab.url()}`);
    for (const [text, times] of Object.entries((await announced[index]?.()) ?? {})) {
      expect(text).toMatch(/^\d+ s left$/);
      expect(times, text).toBe(1);
    }
  }
});
