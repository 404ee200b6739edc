// Article 3's checkSession: a public page finds out in a hidden frame that its visitor is signed in
// elsewhere.
import {
  type Page,
  expect,
  expectSignedIn,
  header,
  signInAs,
  signOutButton,
  statusHere,
  test,
} from '../support';

const offer = (page: Page) => page.getByText('You are signed in already.');
const check = (page: Page, state: string) => page.locator(`[data-check="${state}"]`);

/** Counts the hidden frames that a page opens. */
function countFrames(page: Page): () => number {
  let frames = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/auth/check-session') frames += 1;
  });
  return () => frames;
}

/** Sends the event of a tab that comes to the front. */
const toFront = (page: Page) => page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));

const publicPage = (origin: string) => `${origin}/public?from=here`;

test('a guest who is signed in elsewhere is told so, and continues without signing in', async ({
  page,
  context,
  suite,
}) => {
  const tab = await context.newPage();
  await tab.goto(publicPage(suite.games));
  await expect(check(tab, 'login_required')).toBeAttached();
  await signInAs(page, 'Alice', suite.partner, '/protected');
  expect(await statusHere(tab), 'another site, another session').toBe(401);
  const navigations: string[] = [];
  tab.on('framenavigated', (frame) => {
    if (frame === tab.mainFrame()) navigations.push(frame.url());
  });
  await toFront(tab);
  await expect(offer(tab)).toBeVisible();
  expect(navigations, 'the page did not navigate').toEqual([]);
  await expect(tab.locator('iframe')).toHaveCount(0);
  await tab.getByRole('link', { name: 'Continue' }).click();
  await expect(tab).toHaveURL(publicPage(suite.games));
  await expectSignedIn(tab, 'Alice');
  await expect(tab.getByText('For signed-in readers')).toBeVisible();
});

test('a visitor whom the provider does not know sees no offer', async ({ page, suite }) => {
  await page.goto(publicPage(suite.games));
  await expect(check(page, 'login_required')).toBeAttached();
  await expect(offer(page)).toHaveCount(0);
  await expect(header(page).getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('across sites the frame gets no answer, and the page does not ask again', async ({
  page,
  context,
  suite,
}) => {
  await signInAs(page, 'Alice', suite.games, '/protected');
  const tab = await context.newPage();
  const frames = countFrames(tab);
  await tab.goto(publicPage(suite.partner));
  await expect(check(tab, 'unavailable')).toBeAttached();
  expect(frames()).toBe(1);
  await toFront(tab);
  await toFront(tab);
  await expect(check(tab, 'unavailable')).toBeAttached();
  expect(frames()).toBe(1);
  await expect(offer(tab)).toHaveCount(0);
});

test('a frame that fails does not count as a sign-out', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.partner, '/protected');
  const tab = await context.newPage();
  await tab.goto(publicPage(suite.main));
  // Identity is on the site of localhost and the provider is not, so the browser does not send the provider's
  // cookie.
  await expect(check(tab, 'unavailable')).toBeAttached();
  expect(await statusHere(page)).toBe(200);
  await page.reload();
  await expectSignedIn(page, 'Alice');
});

test('a frame that never answers times out', async ({ page, suite }) => {
  await page.route('**/auth/check-session', () => {
    // Neither answered nor refused.
  });
  await page.goto(publicPage(suite.games));
  await expect(check(page, 'asking')).toBeAttached();
  await expect(check(page, 'unavailable')).toBeAttached();
  await expect(page.locator('iframe')).toHaveCount(0);
});

test('after a sign-out no frame begins a session', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.games, '/session');
  await page.getByRole('main').getByRole('button', { name: /Sign out/ }).last().click();
  await page.goto(publicPage(suite.games));
  await expect(check(page, 'login_required')).toBeAttached();
  expect(await statusHere(page)).toBe(401);
});

test('messages of other windows, origins, kinds and versions change nothing', async ({ page, suite }) => {
  await page.route('**/auth/check-session', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Silent</title>' }),
  );
  await page.goto(publicPage(suite.games));
  await expect(check(page, 'asking')).toBeAttached();
  const said = await page.evaluate(() => {
    const signedIn = { type: 'check_session', version: 1, result: 'signed_in' };
    const frame = document.querySelector('iframe')?.contentWindow ?? null;
    const send = (data: unknown, source: Window | null, origin = location.origin) =>
      window.dispatchEvent(new MessageEvent('message', { data, source, origin }));
    send(signedIn, window);
    send(signedIn, null);
    send(signedIn, frame, 'http://evil.example');
    send({ ...signedIn, version: 2 }, frame);
    send({ ...signedIn, type: 'another' }, frame);
    send({ ...signedIn, result: 'owner' }, frame);
    for (const junk of [null, 'signed_in', 7, [], {}]) send(junk, frame);
    return document.querySelector('[data-check]')?.getAttribute('data-check');
  });
  expect(said).toBe('asking');
  await expect(offer(page)).toHaveCount(0);
});

test('the address of the frame opens nothing as a page', async ({ page, suite, expectedErrors }) => {
  expectedErrors.push(/403/);
  const answer = await page.goto(`${suite.games}/auth/check-session`);
  expect(answer?.status()).toBe(403);
});

test('a signed-in page opens no frame, and neither does a page without scripts', async ({ page, suite }) => {
  const frames = countFrames(page);
  await page.goto(`${suite.games}/login`);
  await signInAs(page, 'Alice', suite.games, '/public');
  await expect(signOutButton(page)).toBeVisible();
  await expect(page.locator('[data-check]')).toHaveCount(0);
  expect(frames()).toBe(0);
});
