// Measures how many bytes of script and WebAssembly each page transfers. `make bench` runs this on the
// release build, whose files are already compressed with brotli.
import { PROTECTED_PAGES, PUBLIC_PAGES, expect, signInAs, test } from '../support';

/** The most that a page may load (kB, brotli). */
const BUDGET = 60;

test('script and WebAssembly of each page', async ({ page, context, suite }) => {
  await signInAs(page, 'Alice', suite.main);
  const wire = await context.newCDPSession(page);
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

  const rows = ['| page | WebAssembly (kB) | script (kB) | both (kB) |', '|---|--:|--:|--:|'];
  for (const path of [...PUBLIC_PAGES, ...PROTECTED_PAGES]) {
    bytes = {};
    await page.goto(suite.main + path, { waitUntil: 'networkidle' });
    const kilobytes = [bytes['wasm'] ?? 0, bytes['js'] ?? 0].map((count) => count / 1000);
    const both = kilobytes.reduce((sum, count) => sum + count, 0);
    rows.push(`| ${path} | ${[...kilobytes, both].map((count) => count.toFixed(1)).join(' | ')} |`);
    expect(both, path).toBeLessThanOrEqual(BUDGET);
  }
  console.log(rows.join('\n'));
});
