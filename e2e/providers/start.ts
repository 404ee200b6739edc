// Starts a third-party provider with a client for the suite, and then the suite with that provider.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Suite, origins, startChild, startSuite } from '../suite';

/** The providers, named after their folders here. */
export type ProviderName = 'oidc-provider' | 'canaille' | 'django-allauth';

/** How a provider is set up. */
export interface Setup {
  kind: ProviderName;
  /**
   * The message from the provider to identity when its session ends: a logout token with `sid` (then ID tokens
   * have `sid` too), a logout token with `sub` alone, or none, because no back-channel logout URL is registered.
   */
  backchannel: 'sid' | 'sub' | 'none';
  /** Whether the provider has an `end_session_endpoint`. */
  logoutEndpoint: boolean;
  /** The lifetime of access tokens. */
  accessTokenSeconds: number;
}

/** A user of each provider. */
export interface User {
  login: string;
  name: string;
  email: string;
  password: string;
}

export const USERS = {
  Alice: { login: 'alice', name: 'Alice Adams', email: 'alice@example.com', password: 'correct-horse-alice' },
  Bob: { login: 'bob', name: 'Bob Brown', email: 'bob@example.com', password: 'correct-horse-bob' },
} satisfies Record<string, User>;

/** The JSON in PROVIDER_SETTINGS, which each provider program reads. */
interface ProviderSettings extends Setup {
  port: number;
  issuer: string;
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  backchannelLogoutUri: string;
  users: User[];
  /** A folder for the provider's database. */
  dataDir: string;
}

interface Running {
  log: () => string;
  stop: () => Promise<void>;
}

/** The provider's issuer, on another site than games and store, and than partner. */
const issuer = (offset: number): string => `http://provider.localhost:${4300 + offset}`;

/** A suite with the log of its provider. */
export interface SuiteOn extends Suite {
  providerLog: () => string;
}

/** Starts the provider, and then the suite with that provider. */
export async function startOn(setup: Setup, offset: number): Promise<SuiteOn> {
  const at = origins(offset);
  const dataDir = await mkdtemp(join(tmpdir(), 'provider-'));
  const settings: ProviderSettings = {
    ...setup,
    port: 4300 + offset,
    issuer: issuer(offset),
    clientId: 'suite',
    clientSecret: 'a-secret-of-at-least-32-characters',
    redirectUris: [at.identity, at.identityWow].map((origin) => `${origin}/auth/callback/oidc`),
    postLogoutRedirectUris: [at.identity, at.identityWow].map((origin) => `${origin}/auth/logout/callback`),
    backchannelLogoutUri: `${at.identity}/auth/backchannel-logout`,
    users: Object.values(USERS),
    dataDir,
  };
  await refuseOtherProviders();
  const clean = () => rm(dataDir, { recursive: true, force: true });
  const provider = await startProvider(settings).catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  const stopProvider = async () => {
    await provider.stop();
    await clean();
  };
  const environment = {
    AUTH_OIDC_ID: settings.clientId,
    AUTH_OIDC_SECRET: settings.clientSecret,
    AUTH_OIDC_ISSUER: settings.issuer,
  };
  const suite = await startSuite({ offset, environment }).catch(async (error: unknown) => {
    await stopProvider();
    throw error;
  });
  const stop = async () => {
    await suite.stop();
    await stopProvider();
  };
  return { ...suite, provider: settings.issuer, providerLog: provider.log, stop };
}

/** `demo` reads `.env` and the environment. Another provider there would add a second sign-in button. */
async function refuseOtherProviders(): Promise<void> {
  const file = resolve(import.meta.dirname, '../../.env');
  const lines = existsSync(file) ? (await readFile(file, 'utf8')).split('\n') : [];
  const variables = Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
  const found = [...lines, ...variables].find((line) => /^\s*(export\s+)?AUTH_\w+=\s*[^\s#]/.test(line));
  if (found !== undefined) {
    throw new Error(`${found.split('=')[0]} is set, in .env or in the environment. These journeys need it unset.`);
  }
}

/** The program of each provider, and its arguments. `.ci/test-providers` installs them. */
function command(kind: ProviderName): [string, string[]] {
  const folder = join(import.meta.dirname, kind);
  if (kind === 'oidc-provider') return [process.execPath, [join(folder, 'server.mjs')]];
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const tools = process.env['TOOLS'] ?? join(cache, 'leptos-shared-sessions');
  return [join(tools, 'providers', kind, 'bin', 'python'), [join(folder, 'server.py')]];
}

async function startProvider(settings: ProviderSettings): Promise<Running> {
  const [program, args] = command(settings.kind);
  if (!existsSync(program)) throw new Error(`${program} is missing: run .ci/test-providers ${settings.kind}`);
  const env = {
    ...process.env,
    PROVIDER_SETTINGS: JSON.stringify(settings),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
  };
  const child = startChild(program, args, env);
  let log = '';
  const read = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  const deadline = Date.now() + 60_000;
  while (!(await answers(settings))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${settings.kind} did not start:\n${log}`);
    }
    await new Promise((resolveLater) => setTimeout(resolveLater, 200));
  }
  return { log: () => log, stop };
}

/** Whether a server answers at the port. The request names 127.0.0.1, so Canaille answers with a redirect. */
async function answers({ port }: ProviderSettings): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`, { redirect: 'manual' }).then(
    () => true,
    () => false,
  );
}
