// The suite as compose.yaml describes it, without containers: the programs of `make dist`, unpacked and read-only, run as
// another user with the environment of each service. Loopback addresses stand in place of those of containers.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { listens } from './nginx';
import type { Suite } from './suite';
import { type Certificates, ORIGINS, caddyCommand, httpsPort, runProxy, withCaddyOptions } from './tls';

const root = resolve(import.meta.dirname, '..');

/** The port of each process on this machine. */
const PORTS: Record<string, number[]> = {
  identity: [4200],
  games: [4201, 4251],
  store: [4202],
  partner: [4203],
  provider: [4300],
};

/** An unprivileged user without a home, if this process may start programs as another user. */
const OTHER_USER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

interface Service {
  volumes: string[];
  command: string[];
  environment: Record<string, string>;
}

/** Fills in `${NAME:-default}` and `$$`, as compose does. */
function interpolated(text: string, variables: Record<string, string>): string {
  const filled = text.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, other: string) => variables[name] ?? other);
  return filled.replaceAll('$$', '$');
}

/** Starts the services of compose.yaml. */
export async function startCompose(offset: number, certificates: Certificates): Promise<Suite> {
  const folder = await mkdtemp(join(tmpdir(), 'compose-'));
  await chmod(folder, 0o755);
  const installed = await install(folder);
  const variables = { DOMAIN: 'wow.test', PARTNER_DOMAIN: 'partner.test', TLS: 'files', STORE: 'postgres', ISSUER: 'https://auth.wow.test' };
  const secrets = join(folder, 'secrets');
  await setup(installed, secrets, certificates, variables);
  const text = interpolated(await readFile(join(root, 'compose.yaml'), 'utf8'), variables)
    .replace('AUTH_TRUSTED_PROXIES: 172.28.28.2', 'AUTH_TRUSTED_PROXIES: 127.0.0.1')
    .replace('auth.wow.localhost=', 'auth.wow.test=')
    .replaceAll('172.28.28.2:443', '172.28.28.2')
    .replaceAll('172.28.28.2', `127.0.0.1:${httpsPort(offset)}`);
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };

  const children: ChildProcess[] = [];
  let log = '';
  const stop = async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    execFileSync('chmod', ['-R', 'u+w', folder]);
    await rm(folder, { recursive: true });
  };
  process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));
  try {
    const [caddy, args] = await caddyCommand(folder, await caddyfile(offset, certificates));
    children.push(await runProxy(caddy, args, httpsPort(offset), { ...variables, HOME: folder, XDG_DATA_HOME: folder }));
    for (const [name, ports] of Object.entries(PORTS)) {
      const service = services[name];
      if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
      for (const port of ports) {
        const address = `127.0.0.1:${port + offset}`;
        // Each app has the volume with its secrets, and no other.
        const volume = service.volumes.find((entry) => entry.endsWith(':/secrets:ro'))?.split('-')[0] ?? '';
        const own = (text: string) => text.replaceAll('/secrets', join(secrets, volume));
        const [program = '', ...args] = service.command.map(own);
        const environment = Object.entries(service.environment).map(([key, value]) => [key, own(value)]);
        const child = spawn(program, args, {
          cwd: '/',
          env: {
            PATH: `${installed}/bin:/usr/bin:/bin`,
            LEPTOS_ENV: 'PROD',
            ...Object.fromEntries(environment),
            LEPTOS_SITE_ADDR: address,
            ...(name === 'provider' ? { DEV_PROVIDER_LISTEN: address } : {}),
          },
          stdio: ['ignore', 'pipe', 'pipe'],
          ...OTHER_USER,
        });
        children.push(child);
        const failed = once(child, 'exit').then(([code]) => {
          throw new Error(`${name} ended with ${String(code)}:\n${log}`);
        });
        failed.catch(() => undefined);
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
        await Promise.race([listens('127.0.0.1', port + offset), failed]);
        // What the container's health check runs.
        const health = { env: { LEPTOS_SITE_ADDR: address }, ...OTHER_USER };
        execFileSync(join(installed, 'bin/health'), [], health);
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const unsupported = () => {
    throw new Error('this suite has no supervisor');
  };
  return { ...ORIGINS, dataDir: folder, log: () => log, processId: unsupported, reset: unsupported, stop };
}

/** Unpacks the archive that `.ci/dist` makes, so that no user can write there. Returns the folder. */
async function install(folder: string): Promise<string> {
  const profile = process.env['RELEASE'] ? 'release' : 'debug';
  const made = join(folder, 'dist');
  execFileSync(join(root, '.ci/dist'), [profile, made], { stdio: 'pipe' });
  const archive = (await readdir(made)).find((name) => name.endsWith('.tar.gz'));
  if (archive === undefined) throw new Error('.ci/dist made no archive');
  const opt = join(folder, 'opt');
  await mkdir(opt);
  execFileSync('tar', ['-C', opt, '--strip-components', '1', '-xzf', join(made, archive)]);
  await rm(made, { recursive: true });
  execFileSync('chmod', ['-R', 'a-w', opt]);
  return opt;
}

/** Runs the service `setup`, and points the apps at the PostgreSQL that `.ci/services` has started. */
async function setup(
  installed: string,
  secrets: string,
  certificates: Certificates,
  variables: Record<string, string>,
): Promise<void> {
  const server = process.env['TEST_POSTGRES_URL'];
  if (server === undefined) throw new Error('start the journeys with .ci/services in front of the command');
  const caddy = join(certificates.folder, 'data');
  const authorities = join(caddy, 'caddy/pki/authorities/local');
  await mkdir(authorities, { recursive: true });
  await cp(certificates.authority, join(authorities, 'root.crt'));
  const env = { PATH: '/usr/bin:/bin', ...variables };
  execFileSync(join(installed, 'etc/compose/setup'), [secrets, caddy], { env, stdio: 'pipe' });
  const suffix = `${process.pid}_${Date.now()}`;
  // Databases and roles of other tests may be there.
  const sql = await readFile(join(secrets, 'postgres/databases.sql'), 'utf8');
  execFileSync('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-d', server], {
    input: sql.replaceAll(/(ROLE|DATABASE|OWNER) (\w+)/g, `$1 $2_${suffix}`),
  });
  for (const app of ['identity', 'wow', 'partner']) {
    const file = join(secrets, app, 'store');
    const url = new URL(await readFile(file, 'utf8'));
    const { host } = new URL(server);
    Object.assign(url, { host, username: `${url.username}_${suffix}`, pathname: `${url.pathname}_${suffix}` });
    await writeFile(file, url.href);
  }
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', secrets]);
}

/** The Caddyfile of compose.yaml, with certificates of this test, and addresses in place of the names of services. */
async function caddyfile(offset: number, { folder }: Certificates): Promise<string> {
  const text = await readFile(join(root, 'docs/deploy/compose/Caddyfile'), 'utf8');
  const files = `(files) {
	tls ${folder}/compose.pem ${folder}/compose.key
}
`;
  const addressed = text.replaceAll(/import app (\w+)/g, (_, name: string) => {
    const addresses = (PORTS[name] ?? []).map((port) => `127.0.0.1:${port + offset}`);
    return `import app ${addresses[0]} ${addresses.at(-1)}`;
  });
  const complete = addressed.replace('dynamic a {args.0} 8080', 'to {args.0} {args.1}').replace('(laptop) {', `${files}\n(laptop) {`);
  return withCaddyOptions(complete, offset);
}
