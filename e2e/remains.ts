// Searches what a page still holds of a user.
import type { Page } from '@playwright/test';

/** Where the page still holds `marker` or Alice's name: in the document, or in what scripts can reach. */
export const remains = (page: Page, marker: string): Promise<string[]> =>
  page.evaluate((words) => {
    const found: string[] = [];
    for (const word of words) {
      if (document.documentElement.outerHTML.includes(word)) found.push(`document: ${word}`);
      for (const name of Object.getOwnPropertyNames(window)) {
        let text = '';
        try {
          text = JSON.stringify((window as unknown as Record<string, unknown>)[name]) ?? '';
        } catch {
          continue; // Not data.
        }
        if (text.includes(word)) found.push(`window.${name}: ${word}`);
      }
      for (const [name, store] of Object.entries({ localStorage, sessionStorage })) {
        if (JSON.stringify(store).includes(word)) found.push(`${name}: ${word}`);
      }
    }
    return found;
  }, [marker, 'Alice']);
