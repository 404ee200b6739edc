// Checks one page in one state against WCAG 2.2 AA: by axe in each mode of display, and by measuring what axe cannot.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The size of a viewport of 1280 × 1024 at a zoom of 400 % (WCAG 1.4.10, Reflow). */
const ZOOMED = { width: 320, height: 256 };
const NORMAL = { width: 1100, height: 800 };

/** The rules of axe whose result depends on colours alone. The others see the same page in every colour. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** How users see a page. The last mode is the one that the page is left in. */
const MODES = [
  ['dark', { colorScheme: 'dark', forcedColors: 'none' }, NORMAL, COLOUR_RULES],
  ['forced colours', { colorScheme: 'light', forcedColors: 'active' }, NORMAL, COLOUR_RULES],
  ['a zoom of 400 %', { colorScheme: 'light', forcedColors: 'none' }, ZOOMED, undefined],
  ['light', { colorScheme: 'light', forcedColors: 'none' }, NORMAL, undefined],
] as const;

/** Runs axe; returns what it finds. */
async function violations(page: Page, rules: string[] | undefined): Promise<string[]> {
  // Without legacy mode, axe opens a page for its result, and the page under test loses the focus.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules === undefined ? axe.withTags(TAGS) : axe.withRules(rules)).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** Checks the page as it is now. `name` is for the message. */
export async function check(page: Page, name: string): Promise<void> {
  expect.soft(await findings(page), name).toEqual([]);
}

/** What is wrong with the page as it is now, with the mode in which it is wrong. */
export async function findings(page: Page): Promise<string[]> {
  const found: string[] = [];
  const add = (where: string, more: string[]) => found.push(...more.map((finding) => `${where}: ${finding}`));
  for (const [mode, media, size, rules] of MODES) {
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    add(mode, await violations(page, rules));
    add(mode, await cut(page));
  }
  add('target size', await smallTargets(page));
  add('reduced motion', await moving(page));
  await withTextSpacing(page, async () => {
    add('text spacing', await cut(page));
    await page.setViewportSize(ZOOMED);
    add('text spacing and a zoom of 400 %', await cut(page));
    await page.setViewportSize(NORMAL);
  });
  return found;
}

/** Checks only what depends on the text, for a page that differs from a checked page in its text alone. */
export async function checkText(page: Page, name: string): Promise<void> {
  expect.soft(await violations(page, undefined), `${name}: axe`).toEqual([]);
  await page.setViewportSize(ZOOMED);
  await withTextSpacing(page, async () => {
    expect.soft(await cut(page), `${name}: cut with wide text spacing and a zoom of 400 %`).toEqual([]);
  });
  await page.setViewportSize(NORMAL);
}

/** What is cut off, or reachable by scrolling sideways only. Text that ends with an ellipsis has its whole text in `title`. */
const cut = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide, the window ${clientWidth} px`);
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      if (!element.checkVisibility() || element.closest('.skip-link, iframe') !== null) continue;
      // WCAG 1.4.10 lets tables be wider. The keyboard must be able to scroll them.
      if (element.closest('[role=region][tabindex="0"]:has(> table)') !== null) continue;
      const { overflowX, overflowY, display, clipPath } = getComputedStyle(element);
      // Text for screen readers only.
      if (clipPath === 'inset(50%)') continue;
      if (display === 'inline') continue;
      const name = `<${element.localName} class="${element.className}">`;
      const wide = element.scrollWidth > element.clientWidth + 1;
      const high = element.scrollHeight > element.clientHeight + 1;
      const whole = element.title === element.textContent?.trim();
      if (wide && overflowX !== 'visible' && !whole && !element.matches('input')) found.push(`${name} is cut at the right`);
      if (high && ['hidden', 'clip'].includes(overflowY) && !whole) found.push(`${name} is cut at the bottom`);
      const { left, right, width } = element.getBoundingClientRect();
      if (width > 0 && (left < -1 || right > clientWidth + 1)) found.push(`${name} is beside the window`);
    }
    return found;
  });

/**
 * Targets below 24 × 24 CSS px (WCAG 2.5.8). Exceptions of the rule: links within a sentence, and small targets
 * around which a circle of 24 px touches no other target.
 */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const visible = (element: Element) => element.checkVisibility() && element.closest('.skip-link:not(:focus)') === null;
    const targets = [...document.querySelectorAll<HTMLElement>('a[href], button, input:not([type=hidden]), summary')].filter(visible);
    const isSmall = (target: Element) => {
      const { width, height } = target.getBoundingClientRect();
      return width < 24 || height < 24;
    };
    const inSentence = (target: HTMLElement) =>
      getComputedStyle(target).display === 'inline' && target.parentElement?.textContent?.trim() !== target.textContent?.trim();
    const tooNear = (one: Element) => {
      const { left, top, width, height } = one.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      return targets.some((other) => {
        if (other === one) return false;
        const box = other.getBoundingClientRect();
        const dx = Math.max(box.left - x, 0, x - box.right);
        const dy = Math.max(box.top - y, 0, y - box.bottom);
        return Math.hypot(dx, dy) < 12;
      });
    };
    return targets
      .filter((target) => isSmall(target) && !inSentence(target) && tooNear(target))
      .map((target) => target.outerHTML.slice(0, 120));
  });

/** What runs an animation, or would run a transition, of more than 0 s. */
const moving = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const running = document.getAnimations().map((animation) => `an animation: ${animation.id}`);
    const lasts = (text: string) => text.split(',').some((time) => Number.parseFloat(time) > 0);
    const elements = [...document.querySelectorAll('*')].filter((element) => {
      return ['', '::before', '::after', '::backdrop'].some((part) => {
        const style = getComputedStyle(element, part === '' ? null : part);
        return lasts(style.transitionDuration) || (style.animationName !== 'none' && lasts(style.animationDuration));
      });
    });
    return [...running, ...elements.map((element) => element.outerHTML.slice(0, 80))];
  });

/** The text spacing that a page must bear (WCAG 1.4.12). The style goes in by script, because the page's policy blocks a `style`. */
async function withTextSpacing(page: Page, look: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }',
    );
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
  await look();
  await page.evaluate(() => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1);
  });
}

/** Counts how often each live region changes, from now on. Ask with the returned function. */
export async function countAnnouncements(page: Page): Promise<() => Promise<Record<string, number>>> {
  await page.evaluate(() => {
    const counts: Record<string, number> = {};
    Object.assign(window, { announcements: counts });
    const regions = '[role=alert], [role=status], [aria-live]';
    // One change is what a script does in one go: observers are called once for it.
    new MutationObserver((records) => {
      const changed = new Set<string>();
      for (const { target, addedNodes, removedNodes } of records) {
        const element = target instanceof Element ? target : target.parentElement;
        const within = element?.closest(regions);
        const elements = [...addedNodes].filter((node) => node instanceof Element);
        const added = elements.map((node) => (node.matches(regions) ? node : node.querySelector(regions)));
        const region = within ?? added.find((node) => node !== null);
        // A region that becomes empty says nothing.
        if (region && (removedNodes.length === 0 || (region.textContent ?? '').trim() !== '')) {
          changed.add((region.textContent ?? '').trim().replace(/\s+/g, ' '));
        }
      }
      for (const text of changed) if (text !== '') counts[text] = (counts[text] ?? 0) + 1;
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { announcements: Record<string, number> }).announcements);
}
