// Sign-ins under way, in Firefox: late and repeated callbacks, fragments, and a provider that sends visitors on to
// another host.
import { FEDERATED, FEDERATED_ARGS } from '../personalities';
import { at, expect, open, press, shows, signInAs, signOut, test, visibleText } from './support';

test.use({ suiteArgs: FEDERATED_ARGS });

test('a sign-in and a sign-out pass through a host that no app knows', async ({ visitor: page, suite }) => {
  const passed: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(FEDERATED)) passed.push(new URL(request.url()).pathname);
  });
  await signInAs(page, 'Alice', suite.games, '/protected');
  await signOut(page, suite.games);
  await expect.poll(() => new Set(passed)).toEqual(new Set(['/federated/authorize', '/federated/logout']));
});

test('the fragment of a deep link survives a sign-in by hand and a silent one', async ({ visitor: page, suite }) => {
  await open(page, `${suite.games}/protected#part`);
  await press(page, 'Sign in with…');
  await press(page, 'Continue as Alice');
  await at(page, `${suite.games}/protected#part`);
  await open(page, `${suite.partner}/dashboard#part`);
  await at(page, `${suite.partner}/dashboard#part`);
  await shows(page, 'Alice Adams');
});

test('Back from the provider leads to the sign-in page, and a callback that is opened again to the page', async ({
  visitor: page,
  suite,
}) => {
  let callback = '';
  page.on('request', (request) => {
    if (request.url().startsWith(`${suite.games}/auth/callback/`)) callback = request.url();
  });
  await open(page, `${suite.games}/login?callbackUrl=/protected`);
  await press(page, 'Sign in with…');
  await shows(page, 'Continue as Alice');
  await page.goBack();
  await at(page, `${suite.games}/login?callbackUrl=/protected`);
  await press(page, 'Sign in with…');
  await press(page, 'Continue as Alice');
  await at(page, `${suite.games}/protected`);
  await expect.poll(() => callback).toContain('code=');
  await open(page, callback);
  await at(page, `${suite.games}/protected`);
  expect(await visibleText(page)).toContain('Alice');
});
