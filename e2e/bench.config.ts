// The browser measurements of `make bench`: one worker, so no other test runs at the same time.
import { defineConfig } from '@playwright/test';
import config from './playwright.config';

export default defineConfig({ ...config, projects: [{ name: 'bench', testDir: 'bench' }], workers: 1 });
