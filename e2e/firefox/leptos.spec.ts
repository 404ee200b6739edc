// The main journeys of a hydrated Leptos app (partner) that must also work in Firefox.
import { type Page, at, expect, open, openWatching, press, shows, signInAs, signOut, statusHere, test, visibleText } from './support';

const ENDED = 'You have been signed out';
const SECRET = 'Only signed-in users see this page';
const NOTE = 'marker-90c2e1';

/** Everything that the console says. A mismatch at hydration is reported there. */
function consoleOf(page: Page): string[] {
  const lines: string[] = [];
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => lines.push(`error: ${String(error)}`));
  return lines;
}

const ready = (page: Page) => page.waitForSelector('[data-nav-guard][data-ready=true]', { timeout: 15_000 });

async function addNote(page: Page): Promise<void> {
  await ready(page);
  await page.type('#note', NOTE);
  await press(page, 'Add');
  await shows(page, NOTE);
}

test('the hydrated app begins with its session, and the console is silent', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/protected');
  // Firefox reports the WebAssembly of a page that is left while it loads.
  await ready(page);
  const lines = consoleOf(page);
  for (const path of ['/protected', '/dashboard', '/session']) {
    await open(page, suite.partner + path);
    await ready(page);
    await shows(page, 'Alice Adams');
  }
  expect(lines).toEqual([]);
});

test('a sign-out in another tab empties the page, and the same user brings it back', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await addNote(page);
  const tab = await openWatching(page.browserContext(), `${suite.partner}/dashboard`);
  await shows(tab, NOTE);
  await signOut(page, suite.partner);
  await shows(tab, ENDED);
  const html = await tab.evaluate(() => document.documentElement.outerHTML);
  expect(html).not.toContain(NOTE);
  expect(html).not.toContain('Alice');
  await signInAs(page, 'Alice', suite.partner, '/protected');
  await shows(tab, 'Your dashboard');
  expect(tab.url()).toBe(`${suite.partner}/dashboard`);
});

test('a second user does not get the page of the first user', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/dashboard');
  await addNote(page);
  const tab = await openWatching(page.browserContext(), `${suite.partner}/dashboard`);
  await signOut(page, suite.partner);
  await shows(tab, ENDED);
  await signInAs(page, 'Bob', suite.partner);
  await shows(tab, 'Another user signed in.');
  expect(await visibleText(tab)).not.toContain('Bob');
  await press(tab, 'Go on as the other user');
  await shows(tab, 'You have no notes yet.');
  expect(await visibleText(tab)).not.toContain(NOTE);
});

test('a guarded link asks first: a guest stays, a member gets the page without a document', async ({ visitor: page, suite }) => {
  await open(page, `${suite.partner}/public`);
  await ready(page);
  await press(page, 'Protected');
  await shows(page, 'Please sign in to continue');
  expect(page.url()).toBe(`${suite.partner}/public`);
  await signInAs(page, 'Alice', suite.partner, '/public');
  await ready(page);
  await page.evaluate(() => Object.assign(window, { isSameDocument: true }));
  await press(page, 'Protected');
  await at(page, `${suite.partner}/protected`);
  await shows(page, SECRET);
  expect(await page.evaluate(() => 'isSameDocument' in window)).toBe(true);
  expect(await statusHere(page)).toBe(200);
});

test('a changed address without a click shows the notice, never the page', async ({ visitor: page, suite }) => {
  await open(page, `${suite.partner}/public`);
  await ready(page);
  await page.evaluate(() => {
    history.pushState({}, '', '/protected');
    window.dispatchEvent(new PopStateEvent('popstate'));
  });
  await shows(page, 'This page opens after you sign in.');
  expect(await visibleText(page)).not.toContain(SECRET);
});
