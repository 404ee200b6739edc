// Article 2's user data in the session: the favourite number, in every tab, with and without JavaScript.
import { type Page, type Suite, expect, signInAs, test } from '../support';
import { watching } from '../tabs';

const number = (page: Page) => page.getByRole('spinbutton', { name: 'Favourite number' });

/** Opens the dashboard and waits until it follows the session. */
async function openDashboard(page: Page, suite: Suite): Promise<void> {
  await page.goto(`${suite.main}/dashboard`);
  await watching(page);
}

async function save(page: Page, value: string): Promise<void> {
  await number(page).fill(value);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
}

/** Headless tabs are always in front, so this function also sends the browser's event. */
async function bringToFront(page: Page): Promise<void> {
  await page.bringToFront();
  await page.evaluate(() => {
    window.dispatchEvent(new Event('focus'));
  });
}

test('a number saved in one tab appears in another tab when it comes to the front, and after a reload', async ({
  page,
  context,
  suite,
}) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await openDashboard(page, suite);
  const other = await context.newPage();
  await openDashboard(other, suite);
  await save(other, '11');

  await bringToFront(page);
  await expect(page.getByText('It is 11.')).toBeVisible();
  await expect(number(page)).toHaveValue('11');
  await page.reload();
  await expect(page.getByText('It is 11.')).toBeVisible();
});

test('a number being typed is not replaced when the tab comes to the front', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await openDashboard(page, suite);
  await number(page).fill('5');
  const other = await context.newPage();
  await openDashboard(other, suite);
  await save(other, '12');

  await bringToFront(page);
  await expect(page.getByText('It is 12.')).toBeVisible();
  await expect(number(page)).toHaveValue('5');
});

test('a tab that was still asking shows the later of two changes', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  const settled = page.waitForResponse('**/auth/session');
  await openDashboard(page, suite);
  await settled;
  const other = await context.newPage();
  await openDashboard(other, suite);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const read = new Promise<void>((resolve) => {
    void page.route(
      '**/auth/session',
      async (route) => {
        const response = await route.fetch();
        resolve();
        await held;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
  });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await read;
  const told = page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        new BroadcastChannel('session/2').onmessage = ({ data }) => {
          if (String(data).startsWith('changed')) resolve();
        };
      }),
  );
  await save(other, '21');
  await told;
  release();
  await expect(page.getByText('It is 21.')).toBeVisible();
});

test('a tab whose session has ended hides the number', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await save(page, '13');
  await openDashboard(page, suite);
  await context.request.post(`${suite.main}/auth/signout`, {
    headers: { origin: suite.main },
    form: { scope: 'local' },
  });

  await expect(page.getByRole('heading', { name: 'You have been signed out' })).toBeVisible();
  await expect(page.getByText('It is 13.')).toHaveCount(0);
  await expect(number(page)).toHaveCount(0);
});

test('the number survives a renewal of the tokens', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main, '/dashboard');
  await save(page, '14');
  const renewed = await page.request.post(`${suite.main}/api/renew-token`, { headers: { origin: suite.main } });
  expect(renewed.status()).toBe(200);
  await openDashboard(page, suite);
  await expect(page.getByText('It is 14.')).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a plain form saves the number, and another page load shows it', async ({ page, context, suite }) => {
    await signInAs(page, 'Alice', suite.main, '/dashboard');
    const other = await context.newPage();
    await other.goto(`${suite.main}/dashboard`);
    await save(other, '15');
    await page.goto(`${suite.main}/dashboard`);
    await expect(page.getByText('It is 15.')).toBeVisible();
    await expect(number(page)).toHaveValue('15');
  });
});
