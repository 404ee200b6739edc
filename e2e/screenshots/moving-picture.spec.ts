// The moving picture of the README: four tabs of three apps lose their session together, and come back together.
import { writeFile } from 'node:fs/promises';
import UPNG from 'upng-js';
import { type Page, expect, signInAs, signInButton, signOutButton, test } from '../support';
import { ended } from '../tabs';

const FILE = '../docs/demo.png';
/** The size of one tab in the picture, and of the line above all tabs. */
const TAB = { width: 520, height: 330 };
const CAPTION = 44;
const LABEL = 26;
/** With fewer colours the text stays clear, and the file is small. */
const COLOURS = 48;

/** Draws the tabs side by side, in a page of the browser, and returns the pixels. */
async function compose(easel: Page, caption: string, tabs: { label: string; png: Buffer }[]): Promise<ArrayBuffer> {
  const pictures = tabs.map(({ label, png }) => ({ label, url: `data:image/png;base64,${png.toString('base64')}` }));
  const base64 = await easel.evaluate(
    async ({ caption, pictures, TAB, CAPTION, LABEL }) => {
      const gap = 8;
      const canvas = new OffscreenCanvas(2 * TAB.width + 3 * gap, CAPTION + 2 * (TAB.height + LABEL + gap) + gap);
      const pen = canvas.getContext('2d');
      if (!pen) throw new Error('no canvas');
      pen.fillStyle = '#dcdad2';
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = '#1c2024';
      pen.font = '600 20px system-ui, sans-serif';
      pen.fillText(caption, gap * 2, CAPTION - 15);
      pen.font = '14px ui-monospace, monospace';
      for (const [at, { label, url }] of pictures.entries()) {
        const x = gap + (at % 2) * (TAB.width + gap);
        const y = CAPTION + Math.floor(at / 2) * (TAB.height + LABEL + gap);
        pen.fillStyle = '#f6f5f1';
        pen.fillRect(x, y, TAB.width, LABEL);
        pen.fillStyle = '#5a6169';
        pen.fillText(label, x + gap, y + LABEL - 8);
        const picture = await createImageBitmap(await (await fetch(url)).blob());
        pen.drawImage(picture, x, y + LABEL);
      }
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      const size = new Uint8Array(new Uint32Array([canvas.width, canvas.height]).buffer);
      let text = '';
      for (const part of [size, data]) {
        for (let from = 0; from < part.length; from += 32_768) {
          text += String.fromCharCode(...part.subarray(from, from + 32_768));
        }
      }
      return btoa(text);
    },
    { caption, pictures, TAB, CAPTION, LABEL },
  );
  const bytes = Buffer.from(base64, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

test('four tabs of three apps', async ({ page, context, suite }) => {
  await page.setViewportSize(TAB);
  await signInAs(page, 'Alice', suite.games, '/protected');
  const open = async (url: string): Promise<Page> => {
    const tab = await context.newPage();
    await tab.setViewportSize(TAB);
    await tab.goto(url, { waitUntil: 'networkidle' });
    return tab;
  };
  const others = [
    await open(`${suite.games}/dashboard`),
    await open(`${suite.store}/protected`),
    await open(`${suite.partner}/dashboard`),
  ];
  const easel = await (await context.browser()?.newContext())?.newPage();
  if (!easel) throw new Error('no browser');
  const tabs = [page, ...others];
  const frames: ArrayBuffer[] = [];
  const delays: number[] = [];
  const take = async (caption: string, milliseconds: number) => {
    const shots = await Promise.all(tabs.map((tab) => tab.screenshot()));
    const labels = tabs.map((tab) => new URL(tab.url()).host.replace(/:.*/, '') + new URL(tab.url()).pathname);
    frames.push(await compose(easel, caption, shots.map((png, at) => ({ label: labels[at] ?? '', png }))));
    delays.push(milliseconds);
  };

  await take('Three apps, four tabs, one sign-in.', 2_500);
  await signOutButton(page).first().click();
  await Promise.all(others.map((tab) => expect(ended(tab)).toBeVisible()));
  await page.waitForURL(/signed-out$/);
  await take('Alice signs out in one tab: every tab of every app is empty at once.', 3_500);
  await page.goto(`${suite.games}/login?callbackUrl=/protected`);
  await signInButton(page).click();
  await page.getByRole('button', { name: 'Continue as Alice' }).waitFor();
  await take('She signs in again, in one tab.', 1_500);
  await page.getByRole('button', { name: 'Continue as Alice' }).click();
  await page.waitForURL(`${suite.games}/protected`);
  await Promise.all(others.map((tab) => expect(signOutButton(tab).first()).toBeVisible()));
  await take('Every tab comes back, without a click.', 3_500);

  const [width, height] = new Uint32Array((frames[0] ?? new ArrayBuffer(8)).slice(0, 8));
  const pixels = frames.map((frame) => frame.slice(8));
  const file = UPNG.encode(pixels, width ?? 0, height ?? 0, COLOURS, delays);
  await writeFile(FILE, Buffer.from(file));
});
