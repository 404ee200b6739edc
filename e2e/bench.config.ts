// What `make bench` measures in a browser: one worker, nothing beside it.
import { defineConfig } from '@playwright/test';
import config from './playwright.config';

export default defineConfig({ ...config, projects: [{ name: 'bench', testDir: 'bench' }], workers: 1 });
