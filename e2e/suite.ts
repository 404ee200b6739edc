// Starts and stops a separate suite on other ports and with its own data, with the program that `make run`
// uses.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const profile = process.env['RELEASE'] ? 'release' : 'debug';
const demo = join(root, 'target', profile, 'demo');

/** The addresses and the log of a running suite. */
export interface Suite {
  /** The main app on plain `localhost`, as in the articles. */
  main: string;
  /** The main app under `.wow.localhost`. */
  games: string;
  store: string;
  partner: string;
  identity: string;
  /** Identity under `.wow.localhost`. */
  identityWow: string;
  provider: string;
  /** The folder with the suite's databases and secrets. */
  dataDir: string;
  /** All lines of all processes so far. */
  log: () => string;
  /** The process id of an app, where the suite was started with `--restart`. */
  processId: (name: 'main' | 'store' | 'partner' | 'identity') => number;
  /** Makes a public demo delete its data at once. Ends when the suite is ready again. */
  reset: () => Promise<void>;
  stop: () => Promise<void>;
}

/** The origins of a suite whose ports are moved by `offset`. */
export function origins(offset: number): Omit<Suite, 'dataDir' | 'log' | 'processId' | 'reset' | 'stop'> {
  return {
    main: `http://localhost:${4201 + offset}`,
    games: `http://games.wow.localhost:${4201 + offset}`,
    store: `http://store.wow.localhost:${4202 + offset}`,
    partner: `http://partner.localhost:${4203 + offset}`,
    identity: `http://localhost:${4200 + offset}`,
    identityWow: `http://identity.wow.localhost:${4200 + offset}`,
    provider: `http://auth.wow.localhost:${4300 + offset}`,
  };
}

/** The options of a suite. */
export interface SuiteStart {
  offset: number;
  args?: string[];
  /** `AUTH_*` for every process, as in a `.env` file. If missing, the suite ignores all such variables. */
  environment?: Record<string, string>;
  /** Whether the suite ignores `AUTH_*` variables although `environment` is set. */
  ignoresEnvironment?: boolean;
  /** The folder of another suite, whose secrets and databases this one shares. */
  dataDir?: string;
}

/** Starts `program` under `demo child`, which ends the program if this process is killed. */
export function startChild(program: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
  const child = ['child', '--gently', '--supervisor', String(process.pid), '--', program, ...args];
  const started = spawn(demo, child, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // A program whose output is never read would stop at a full pipe.
  started.stdout.resume();
  started.stderr.resume();
  return started;
}

/** Starts a suite and waits until the supervisor says that every process answers. */
export async function startSuite({ offset, args = [], environment, ...start }: SuiteStart): Promise<Suite> {
  const dataDir = start.dataDir ?? (await mkdtemp(join(tmpdir(), 'suite-')));
  const options = ['--port-offset', String(offset), '--data-dir', dataDir, ...args];
  if (environment === undefined || start.ignoresEnvironment) options.push('--no-env');
  if (profile === 'release') options.push('--release');
  const supervisor = startChild(demo, options, { ...process.env, ...environment });

  let log = '';
  const ready = new Promise<void>((resolveReady, reject) => {
    const read = (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('\n  Ready.')) resolveReady();
    };
    supervisor.stdout.on('data', read);
    supervisor.stderr.on('data', read);
    supervisor.once('error', reject);
    supervisor.once('exit', (code) => reject(new Error(`the suite ended with ${code}:\n${log}`)));
  });
  const clean = async () => {
    if (start.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  await ready.catch(async (error: unknown) => {
    await clean();
    throw error;
  });

  const stop = async () => {
    if (supervisor.exitCode === null && supervisor.signalCode === null) {
      const exited = once(supervisor, 'exit');
      supervisor.kill('SIGTERM');
      await exited;
    }
    await clean();
  };
  const processId = (name: string): number => {
    const last = [...log.matchAll(new RegExp(`^${name} is process (\\d+)[.]$`, 'gm'))].at(-1)?.[1];
    if (last === undefined) throw new Error(`${name} has no process, or the suite was started without --restart`);
    return Number(last);
  };
  const reset = async () => {
    const before = log.length;
    supervisor.kill('SIGUSR1');
    while (!log.slice(before).includes('\n  Ready.')) await once(supervisor.stdout, 'data');
  };
  return { ...origins(offset), dataDir, log: () => log, processId, reset, stop };
}
