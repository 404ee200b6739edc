// The pictures of `make screenshots`: no assertion, so the journeys stay fast. One worker, so that no other suite runs.
import { defineConfig } from '@playwright/test';
import config from './playwright.config';

export default defineConfig({
  ...config,
  projects: [{ name: 'screenshots', testDir: 'screenshots' }],
  workers: 1,
  timeout: 120_000,
  use: { ...config.use, screenshot: 'off', trace: 'off' },
});
