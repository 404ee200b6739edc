// Measures how many bytes of script and WebAssembly each page transfers. `make bench` runs this on the
// release build, whose files are already compressed with brotli.
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROTECTED_PAGES, PUBLIC_PAGES, type Page, enterPartner, expect, signInAs, test } from '../support';

/** The most that a page with the watch only may load (kB, brotli). */
const BUDGET = 60;
/** The most that the session may add to an app with Leptos (kB, brotli). docs/performance.md says what it consists of. */
const SESSION_BUDGET = 60;
/** The pages of the main app that have islands. */
const ISLANDS = ['/dashboard', '/session'];

/** Returns a function that loads a page without the browser's cache, and counts what it transfers (kB). */
async function counter(page: Page): Promise<(url: string) => Promise<{ wasm: number; js: number; both: number }>> {
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  await wire.send('Network.setCacheDisabled', { cacheDisabled: true });
  const loading = new Map<string, string>();
  let bytes: Record<string, number> = {};
  wire.on('Network.responseReceived', ({ requestId, response }) => {
    const type = /[.](js|wasm)$/.exec(new URL(response.url).pathname)?.[1];
    if (type) loading.set(requestId, type);
  });
  wire.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const type = loading.get(requestId);
    if (type) bytes[type] = (bytes[type] ?? 0) + encodedDataLength;
  });

  return async (url) => {
    bytes = {};
    await page.goto(url, { waitUntil: 'networkidle' });
    const [wasm, js] = [(bytes['wasm'] ?? 0) / 1000, (bytes['js'] ?? 0) / 1000];
    return { wasm, js, both: wasm + js };
  };
}

test('script and WebAssembly of each page', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const load = await counter(page);
  const rows = ['| page | WebAssembly (kB) | script (kB) | both (kB) |', '|---|--:|--:|--:|'];
  for (const path of [...PUBLIC_PAGES, ...PROTECTED_PAGES]) {
    const { wasm, js, both } = await load(suite.main + path);
    rows.push(`| ${path} | ${[wasm, js, both].map((count) => count.toFixed(1)).join(' | ')} |`);
    if (!ISLANDS.includes(path)) expect(both, path).toBeLessThanOrEqual(BUDGET);
  }
  console.log(rows.join('\n'));
});

test('apps with the session, and the same apps without it', async ({ page, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  await enterPartner(page, suite);
  const load = await counter(page);
  // Both of a pair come from the same sources, compiler flags and compression. Nothing serves the bare one.
  const kilobytes = (app: string) => {
    const files = ['app.wasm', 'app.js'].map((file) => join(resolve(import.meta.dirname, '../..'), 'target/site', app, 'pkg', `${file}.br`));
    return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1000;
  };
  const rows = ['| WebAssembly and script (kB, brotli) | over the wire | the files | without the session | the session |', '|---|--:|--:|--:|--:|'];
  for (const { name, url, app, bare } of [
    { name: 'islands (main app)', url: `${suite.main}/dashboard`, app: 'main', bare: 'bare-islands' },
    { name: 'hydrated (partner)', url: `${suite.partner}/dashboard`, app: 'partner', bare: 'bare' },
  ]) {
    const wire = (await load(url)).both;
    const [withSession, without] = [kilobytes(app), kilobytes(bare)];
    const cells = [wire, withSession, without, withSession - without].map((count) => count.toFixed(1));
    rows.push(`| ${name} | ${cells.join(' | ')} |`);
    expect(withSession - without, name).toBeLessThanOrEqual(SESSION_BUDGET);
  }
  console.log(rows.join('\n'));
});
