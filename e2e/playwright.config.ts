// Browser journeys through the whole suite. `make e2e` runs them; each worker starts a separate suite.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import type { SuiteOptions } from './support';

const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env['CHROMIUM'] ?? installed.find((path) => existsSync(path));

export default defineConfig<object, SuiteOptions>({
  projects: [
    { name: 'chromium', testDir: 'tests' },
    { name: 'firefox', testDir: 'firefox', timeout: 60_000 },
  ],
  fullyParallel: false,
  workers: Number(process.env['E2E_WORKERS'] ?? 2),
  forbidOnly: Boolean(process.env['CI']),
  retries: 0,
  timeout: 30_000,
  // One file for each page and state, the same for every browser and system.
  expect: {
    timeout: 10_000,
    toMatchAriaSnapshot: { pathTemplate: '{testDir}/../aria/{arg}{ext}', children: 'deep-equal' },
  },
  reporter: [['list'], ['./reporter.ts']],
  use: {
    viewport: { width: 1100, height: 800 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        // Chromium's sandbox does not work for root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // Browsers are phasing out cookies in frames of other sites.
        '--test-third-party-cookie-phaseout',
      ],
    },
  },
});
