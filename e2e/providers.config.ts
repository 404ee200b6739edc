// The journeys against third-party providers. `make test-providers` runs them; `make test` does not.
import { defineConfig } from '@playwright/test';
import config from './playwright.config';
import type { ProviderOptions, Setup } from './providers/support';

const LONG = 300;
/** Apps renew an access token after half of its lifetime. */
const SHORT = 8;

/**
 * Each project is one way to set a provider up. The journeys of refresh.spec.ts run with short access tokens.
 */
const setups: Record<string, Omit<Setup, 'accessTokenSeconds'>> = {
  'oidc-provider': { kind: 'oidc-provider', backchannel: 'sid', logoutEndpoint: true },
  'oidc-provider-sub': { kind: 'oidc-provider', backchannel: 'sub', logoutEndpoint: true },
  'oidc-provider-no-backchannel': { kind: 'oidc-provider', backchannel: 'none', logoutEndpoint: true },
  'oidc-provider-no-logout': { kind: 'oidc-provider', backchannel: 'none', logoutEndpoint: false },
  canaille: { kind: 'canaille', backchannel: 'none', logoutEndpoint: true },
  'django-allauth': { kind: 'django-allauth', backchannel: 'none', logoutEndpoint: true },
};
const REFRESH = 'refresh.spec.ts';
const projects = Object.entries(setups).map(([name, setup]) => ({
  name,
  testDir: 'providers',
  testIgnore: REFRESH,
  use: { setup: { ...setup, accessTokenSeconds: LONG } },
}));
const refreshes = (['oidc-provider', 'canaille', 'django-allauth'] as const).map((kind) => ({
  name: `${kind}-short-tokens`,
  testDir: 'providers',
  testMatch: REFRESH,
  use: { setup: { kind, backchannel: 'none', logoutEndpoint: true, accessTokenSeconds: SHORT } as const },
}));

export default defineConfig<object, ProviderOptions>({
  ...config,
  projects: [...projects, ...refreshes],
  use: {
    ...config.use,
    launchOptions: {
      ...config.use?.launchOptions,
      // The pages of these providers load fonts from the web. Without this option they would wait for them.
      args: [...(config.use?.launchOptions?.args ?? []), '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *localhost'],
    },
  },
  // A sign-in here has two forms and a consent page, and the Python providers are slow.
  timeout: 60_000,
});
