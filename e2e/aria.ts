// Compares what assistive technology sees of a page with a file in `aria`. To write the files again:
//     make e2e E2E='accessibility-tree --update-snapshots'
import { type Page, expect } from '@playwright/test';

/** Compares the page with `aria/<name>.aria.yml`. Afterwards the page is of no use: it is stopped, and partly masked. */
export async function expectTree(page: Page, name: string): Promise<void> {
  await page.evaluate(mask);
  // The page no longer changes, so there is nothing to wait for.
  await expect.soft(page.locator('body')).toMatchAriaSnapshot({ name: `${name}.aria.yml`, timeout: 1_000 });
}

/** Replaces what differs from run to run: names, times, ids and ports. First stops the page's timers, which would write it again. */
function mask(): void {
  const last = Number(setTimeout(() => {}, 0));
  for (let timer = last; timer > 0; timer -= 1) clearTimeout(timer);

  for (const [selector, text] of [
    ['time, .countdown, [data-left]', 'TIME'],
    ['.tab-panel [data-tab]:not(ol)', 'VALUE'],
    ['.tab-events, .diagram', ''],
  ] as const) {
    for (const element of document.querySelectorAll(selector)) element.textContent = text;
  }
  const masks: [RegExp, string][] = [
    [/\S+@[\w.]+/g, 'EMAIL'],
    [/\b(Alice Adams|Bob Brown|Alice|Bob)\b/g, 'NAME'],
    [/(localhost|%3A%2F%2F[\w.]*localhost)(:|%3A)\d+/g, '$1$2PORT'],
    [/\b\d{1,2}:\d{2}(:\d{2})?( UTC)?/g, 'TIME'],
    [/\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2} [A-Z][a-z]+ \d{4}/g, 'DATE'],
    [/\b\d+ (ms|min|h|s|d)( \d+ (min|s|h))?\b/g, 'TIME'],
    [/(?<![\w-])(?=[\w-]*[\dA-Z])(?=[\w-]*[a-z])[\w-]{20,}/g, 'ID'],
    [/\b(Headless)?Chrom\w*( \d+)? on \w+/g, 'BROWSER'],
  ];
  const masked = (text: string) => masks.reduce((so, [pattern, word]) => so.replace(pattern, word), text);
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const { nodeValue } = nodes.currentNode;
    if (nodeValue !== null && masked(nodeValue) !== nodeValue) nodes.currentNode.nodeValue = masked(nodeValue);
  }
  for (const element of document.body.querySelectorAll('[href], [aria-label], [title], [alt], iframe')) {
    for (const attribute of ['href', 'aria-label', 'title', 'alt']) {
      const value = element.getAttribute(attribute);
      if (value !== null) element.setAttribute(attribute, masked(value));
    }
  }
}
