// The journeys that must also work in Firefox: sign-in, sharing, silent sign-in, single logout, tabs.
import { type Page, at, expect, open, openWatching, press, shows, signInAs, signOut, statusHere, test, visibleText } from './support';

const ENDED = 'You have been signed out';

test('a visitor signs in, opens a protected page, and signs out', async ({ visitor: page, suite }) => {
  await open(page, `${suite.main}/protected`);
  await at(page, `${suite.main}/login?callbackUrl=%2Fprotected`);
  await press(page, 'Sign in with…');
  await press(page, 'Continue as Alice');
  await at(page, `${suite.main}/protected`);
  await shows(page, 'Only signed-in users see this page');
  await press(page, 'Sign out');
  await at(page, `${suite.main}/signed-out`);
  await shows(page, ENDED);
  await open(page, `${suite.main}/protected`);
  await at(page, `${suite.main}/login?callbackUrl=%2Fprotected`);
  expect(await visibleText(page)).not.toContain('Alice');
});

test('two apps on one domain share the session', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await open(page, `${suite.store}/dashboard`);
  await shows(page, 'Alice Adams');
  await at(page, `${suite.store}/dashboard`);
});

test('a signed-out visitor on another domain ends on the sign-in page, without a loop', async ({ visitor: page, suite }) => {
  await open(page, `${suite.partner}/protected`);
  await at(page, `${suite.partner}/login?callbackUrl=%2Fprotected`);
  await signInAs(page, 'Alice', suite.games);
  const context = page.browserContext();
  const partner = await context.newPage();
  // This browser session has already tried a silent sign-in at partner, so the user presses the button.
  await open(partner, `${suite.partner}/login?callbackUrl=/protected`);
  await press(partner, 'Sign in with…');
  await at(partner, `${suite.partner}/protected`);
  await shows(partner, 'Alice Adams');
});

test('a user signed in on games opens partner without a click', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.games);
  await open(page, `${suite.partner}/dashboard`);
  await at(page, `${suite.partner}/dashboard`);
  await shows(page, 'Alice Adams');
});

test('a sign-out reaches every tab of every app, and no user data stays visible', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const origin of [suite.main, suite.partner]) {
    await open(page, `${origin}/login?callbackUrl=/protected`);
    await press(page, 'Sign in with…');
    await at(page, `${origin}/protected`);
  }
  const context = page.browserContext();
  const tabs: Page[] = [];
  for (const origin of [suite.games, suite.store, suite.main, suite.partner]) {
    for (const path of ['/protected', '/dashboard']) tabs.push(await openWatching(context, origin + path));
  }
  await signOut(page, suite.games);
  for (const tab of tabs) {
    await shows(tab, ENDED);
    expect(await visibleText(tab)).not.toContain('Alice');
    expect(await statusHere(tab)).toBe(401);
  }
});

test('waiting tabs come back with the same user, on one origin and across sites', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  await open(page, `${suite.partner}/login?callbackUrl=/protected`);
  await press(page, 'Sign in with…');
  await at(page, `${suite.partner}/protected`);
  const context = page.browserContext();
  const tabs = [
    await openWatching(context, `${suite.games}/dashboard`),
    await openWatching(context, `${suite.partner}/dashboard`),
  ];
  await signOut(page, suite.games);
  for (const tab of tabs) await shows(tab, ENDED);
  await signInAs(page, 'Alice', suite.games, '/protected');
  for (const tab of tabs) await shows(tab, 'Alice Adams');
});

test('a second user does not get the page of the first user', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const tab = await openWatching(page.browserContext(), `${suite.main}/dashboard`);
  await signOut(page, suite.main);
  await shows(tab, ENDED);
  await signInAs(page, 'Bob', suite.main);
  await shows(tab, 'Another user signed in.');
  expect(await visibleText(tab)).not.toContain('Bob');
  await press(tab, 'Go on as the other user');
  await shows(tab, 'Bob Brown');
});

test('a page shows no control of another state', async ({ visitor: page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const tab = await openWatching(page.browserContext(), `${suite.main}/protected`);
  expect(await visibleText(tab)).not.toMatch(/Sign in again|other user|Stay signed in/);
  await signOut(page, suite.main);
  await shows(tab, ENDED);
  expect(await visibleText(tab)).not.toMatch(/other user|Stay signed in/);
});
