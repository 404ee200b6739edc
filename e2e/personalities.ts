// Arguments that make the embedded provider behave like another provider.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A host that no app knows, to which the provider sends visitors on. */
export const FEDERATED = 'http://login.federation.localhost';

export const FEDERATED_ARGS = ['--set', `provider:DEV_PROVIDER_FEDERATED_VIA=${FEDERATED}:{provider-port}`];

/** A P-256 key that only tests use, and its public half. */
const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBG0hskblSXXIlkLF
xNkp4jWDxL111giEfrG9NvoD2N6hRANCAATarJeLJ2cjVUuoFE1aBM49BZEm28K0
TEQjHrTRuLvhSpnI1JsXGNmqQE0OGCWgmKXf5Ycz7ReKiB8LmNYr0WIF
-----END PRIVATE KEY-----
`;
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2qyXiydnI1VLqBRNWgTOPQWRJtvC
tExEIx600bi74UqZyNSbFxjZqkBNDhgloJil3+WHM+0XiogfC5jWK9FiBQ==
-----END PUBLIC KEY-----
`;

/** Sign in with Apple: the answer is a form that the provider's page posts, and the client secret is a signed JWT. */
export function appleArgs(): string[] {
  const publicKey = join(tmpdir(), 'leptos-shared-sessions-test-key.pem');
  writeFileSync(publicKey, PUBLIC_KEY);
  const provider = {
    DEV_PROVIDER_PERSONALITY: 'apple',
    DEV_PROVIDER_CLIENT_PUBLIC_KEY: publicKey,
    DEV_PROVIDER_APPLE_TEAM_ID: 'TEAM',
    DEV_PROVIDER_APPLE_KEY_ID: 'KEY',
  };
  const app = {
    AUTH_DEMO_PRESET: 'apple',
    AUTH_DEMO_NAME: 'Apple',
    AUTH_DEMO_SECRET: '',
    AUTH_DEMO_TEAM_ID: 'TEAM',
    AUTH_DEMO_KEY_ID: 'KEY',
    AUTH_DEMO_PRIVATE_KEY: PRIVATE_KEY.replaceAll('\n', '\\n'),
  };
  const set = (process: string, settings: Record<string, string>) =>
    Object.entries(settings).flatMap(([name, value]) => ['--set', `${process}:${name}=${value}`]);
  return [set('provider', provider), ...['main', 'store', 'partner', 'identity'].map((name) => set(name, app))].flat();
}
