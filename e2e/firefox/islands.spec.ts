// The main journeys of pages with islands (main app) that must also work in Firefox.
import { type Page, at, expect, open, openWatching, press, shows, signInAs, signOut, test, visibleText } from './support';

const ENDED = 'You have been signed out';
const MARKER = '73219002';

const ready = (page: Page) => page.waitForSelector('.session-watch[data-ready=true]', { timeout: 15_000 });

async function saveNumber(page: Page): Promise<void> {
  await ready(page);
  await page.type('#number', MARKER);
  await press(page, 'Save');
  await shows(page, `It is ${MARKER}.`);
}

test('islands begin with the session, and the console is silent', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await ready(page);
  const lines: string[] = [];
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => lines.push(`error: ${String(error)}`));
  for (const path of ['/dashboard', '/session']) {
    await open(page, suite.main + path);
    await ready(page);
    await shows(page, 'Alice Adams');
  }
  expect(lines).toEqual([]);
});

test('a saved number reaches the other tab, and a sign-out empties both', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  const tab = await openWatching(page.browserContext(), `${suite.main}/dashboard`);
  await saveNumber(page);
  await shows(tab, `It is ${MARKER}.`);
  await signOut(page, suite.main);
  await shows(tab, ENDED);
  const html = await tab.evaluate(() => document.documentElement.outerHTML);
  expect(html).not.toContain(MARKER);
  expect(html).not.toContain('Alice');
  await signInAs(page, 'Alice', suite.main, '/protected');
  await shows(tab, 'Your favourite number');
  await at(tab, `${suite.main}/dashboard`);
});

test('another user does not get the page of the first user', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await saveNumber(page);
  const tab = await openWatching(page.browserContext(), `${suite.main}/dashboard`);
  await signOut(page, suite.main);
  await shows(tab, ENDED);
  await signInAs(page, 'Bob', suite.main);
  await shows(tab, 'Another user signed in.');
  expect(await visibleText(tab)).not.toContain('Bob');
  await press(tab, 'Go on as the other user');
  await shows(tab, 'You have not told us yet.');
  expect(await visibleText(tab)).not.toContain(MARKER);
});

test('"Check now" and the live panel work', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/session');
  await ready(page);
  await press(page, 'Check now');
  await shows(page, '{"status":200}');
  await page.waitForFunction(() => document.querySelector('[data-tab=role]')?.textContent === 'leads', { timeout: 15_000 });
});
