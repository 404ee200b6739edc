// A suite at https addresses: nginx or Caddy with the files from docs/deploy, a throwaway certificate authority, and
// hosts that only this browser and these servers know.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listens, nginxProgram } from './nginx';
import { type Suite, startChild, startSuite } from './suite';

/** The hosts, in place of those in docs/deploy. */
export const HOSTS = {
  games: 'games.wow.test',
  store: 'store.wow.test',
  identity: 'identity.wow.test',
  provider: 'auth.wow.test',
  partner: 'partner.test',
  preview: 'pr-7.preview.test',
} as const;

const RENAMED: [string, string][] = [
  ['preview.example.org', 'preview.test'],
  ['partner.example.net', 'partner.test'],
  ['example.com', 'wow.test'],
];

/** The origins of a suite behind TLS: `https` and no port, as in production. */
export const ORIGINS = {
  main: `https://${HOSTS.games}`,
  games: `https://${HOSTS.games}`,
  store: `https://${HOSTS.store}`,
  partner: `https://${HOSTS.partner}`,
  identity: `https://${HOSTS.identity}`,
  identityWow: `https://${HOSTS.identity}`,
  provider: `https://${HOSTS.provider}`,
};

/** The port of https, where no test suite listens otherwise. */
export const httpsPort = (offset: number): number => 4443 + offset;
export const httpPort = (offset: number): number => 4480 + offset;
/** The ports of the second replicas, and of the preview. */
const REPLICA_STEP = 50;
export const previewPort = (offset: number): number => 4390 + offset;

/** A certificate authority and the certificates of all hosts. */
export interface Certificates {
  folder: string;
  /** The authority, for servers. */
  authority: string;
  /** The hash of the authority's key, for Chromium. */
  keyHash: string;
}

/** The names of each certificate. */
const NAMES: Record<string, string> = {
  'wow.test': 'DNS:wow.test,DNS:*.wow.test',
  'partner.test': 'DNS:partner.test',
  'preview.test': 'DNS:*.preview.test',
  compose: 'DNS:*.wow.test,DNS:partner.test',
};

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const openssl = (folder: string, ...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

/** Makes the authority and a certificate for each domain of docs/deploy. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  openssl(folder, 'req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Throwaway CA');
  for (const domain of Object.keys(NAMES)) await certify(folder, domain, 2);
  const authority = join(folder, 'ca.pem');
  const spki = new X509Certificate(await readFile(authority)).publicKey.export({ type: 'spki', format: 'der' });
  return { folder, authority, keyHash: createHash('sha256').update(spki).digest('base64') };
}

/** Makes `<domain>.pem`, with the authority's certificate, and `<domain>.key`. Negative `days`: it has expired. */
export async function certify(folder: string, domain: string, days: number): Promise<void> {
  await writeFile(join(folder, 'names'), `subjectAltName=${NAMES[domain]}\nextendedKeyUsage=serverAuth\n`);
  openssl(folder, 'req', ...NEW_KEY, '-keyout', `${domain}.key`, '-out', 'request', '-subj', `/CN=${domain}`);
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', String(days)];
  openssl(folder, 'x509', '-req', '-in', 'request', ...signing, '-out', `${domain}.crt`);
  const chain = await Promise.all([`${domain}.crt`, 'ca.pem'].map((file) => readFile(join(folder, file), 'utf8')));
  await writeFile(join(folder, `${domain}.pem`), chain.join(''));
}

/** The arguments with which Chromium finds the hosts and trusts the authority. */
export function browserArguments(offset: number, { keyHash }: Certificates): string[] {
  const rules = ['*.wow.test', 'partner.test', '*.preview.test'].flatMap((host) => [
    `MAP ${host}:443 127.0.0.1:${httpsPort(offset)}`,
    `MAP ${host}:80 127.0.0.1:${httpPort(offset)}`,
  ]);
  return [`--host-resolver-rules=${rules.join(', ')}`, `--ignore-certificate-errors-spki-list=${keyHash}`];
}

/** Makes nginx read its certificates again. */
export async function reloadNginx({ folder }: Certificates): Promise<void> {
  process.kill(Number(await readFile(join(folder, 'nginx.pid'), 'utf8')), 'SIGHUP');
}

/** The addresses of the hosts, for servers. */
export const hostAddresses = (offset: number): string[] =>
  Object.values(HOSTS).map((host) => `${host}=127.0.0.1:${httpsPort(offset)}`);

/** What stands in front of the suite. */
export type Proxy = 'nginx' | 'caddy';

export interface TlsOptions {
  proxy?: Proxy;
  args?: string[];
  /** The store of main, store and identity, each with its second replica behind the same name. */
  replicasOn?: 'postgres' | 'redis';
  /** Whether the suite is the one that compose.yaml describes. */
  compose?: boolean;
  /** Further lines for each location of nginx, which make it a bad proxy. */
  directives?: string;
}

/** Starts a suite behind a proxy with TLS. */
export async function startBehindTls(
  offset: number,
  certificates: Certificates,
  { proxy = 'nginx', args = [], replicasOn, directives = '' }: TlsOptions = {},
): Promise<Suite> {
  const addresses = hostAddresses(offset).flatMap((address) => ['--host-address', address]);
  const common = [
    ...['--domain', 'wow.test', '--partner-domain', HOSTS.partner, '--previews', 'https://pr-*.preview.test'],
    ...addresses,
    ...args,
    ...(replicasOn === undefined ? [] : await storeArguments(replicasOn)),
  ];
  const environment = { SSL_CERT_FILE: certificates.authority };
  // The proxy first: apps ask each other and the provider through it when they start.
  const front = await startProxy(proxy, offset, certificates, directives);
  const started: { stop: () => Promise<void> }[] = [front];
  const stop = async () => {
    for (const one of started.reverse()) await one.stop();
  };
  try {
    const suite = await startSuite({ offset, args: common, environment, ignoresEnvironment: true });
    started.push(suite);
    let log = suite.log;
    if (replicasOn !== undefined) {
      const replicas = await startSuite({
        offset: offset + REPLICA_STEP,
        args: [...common, '--only', 'main,identity'],
        dataDir: suite.dataDir,
        environment,
        ignoresEnvironment: true,
      });
      started.push(replicas);
      log = () => suite.log() + replicas.log();
    }
    // A proxy with health checks learns only now that the apps are there.
    for (const host of [HOSTS.games, HOSTS.store, HOSTS.partner, HOSTS.identity, HOSTS.provider]) {
      while ([0, 502, 503].includes(await statusOf(host, '/healthz', offset, certificates))) await sleep(100);
    }
    return { ...suite, ...ORIGINS, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The status with which a host answers through the proxy; 0 without an answer. */
export function statusOf(host: string, path: string, offset: number, { authority }: Certificates): Promise<number> {
  return new Promise((done) => {
    const address = { host: '127.0.0.1', port: httpsPort(offset), servername: host, headers: { host } };
    const sent = request({ ...address, path, ca: readFileSync(authority) }, (answer) => {
      answer.resume();
      done(answer.statusCode ?? 0);
    });
    sent.on('error', () => done(0));
    sent.end();
  });
}

/** Makes an empty database for each store. The servers are those that `.ci/services` has started. */
async function storeArguments(kind: 'postgres' | 'redis'): Promise<string[]> {
  const server = process.env[kind === 'postgres' ? 'TEST_POSTGRES_URL' : 'TEST_REDIS_URL'];
  if (server === undefined) throw new Error('start the journeys with .ci/services in front of the command');
  const url = (number: number): string => {
    if (kind === 'redis') return `${server}/${number}`;
    const name = `suite_${process.pid}_${Date.now()}_${number}`;
    execFileSync('psql', ['-q', '-d', server, '-c', `CREATE DATABASE ${name}`], { stdio: 'pipe' });
    const database = new URL(server);
    database.pathname = name;
    return database.href;
  };
  if (kind === 'redis') execFileSync('redis-cli', ['-u', server, 'FLUSHALL'], { stdio: 'pipe' });
  const [wow, identity] = [url(1), url(2)];
  const stores = { main: wow, store: wow, identity };
  return Object.entries(stores).flatMap(([app, store]) => ['--set', `${app}:SESSION_STORE_URL=${store}`]);
}

/** The file of docs/deploy with the hosts, ports and folders of this test. */
async function fromDocs(name: string, offset: number): Promise<string> {
  const text = await readFile(resolve(import.meta.dirname, '../docs/deploy', name), 'utf8');
  const renamed = RENAMED.reduce((done, [from, to]) => done.replaceAll(from, to), text);
  return renamed
    .replaceAll(/127\.0\.0\.1:(42|43)(\d\d)/g, (_, hundreds: string, rest: string) => {
      // The second replicas have ports ten higher in the file.
      const replica = hundreds === '42' && rest.startsWith('1');
      const port = Number(hundreds + rest) + (replica ? REPLICA_STEP - 10 : 0);
      return `127.0.0.1:${port + offset}`;
    })
    .replaceAll('10.0.0.7:5007', `127.0.0.1:${previewPort(offset)}`);
}

async function startProxy(
  proxy: Proxy,
  offset: number,
  certificates: Certificates,
  directives: string,
): Promise<{ stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `${proxy}-`));
  const write = proxy === 'nginx' ? nginx : caddy;
  const [program, args] = await write(folder, offset, certificates, directives);
  const child = await runProxy(program, args, httpsPort(offset), { HOME: folder, XDG_DATA_HOME: folder });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  return { stop };
}

/** Starts a proxy, and waits until it listens. */
export async function runProxy(
  program: string,
  args: string[],
  port: number,
  env: Record<string, string>,
): Promise<ChildProcess> {
  const child = startChild(program, args, { ...process.env, ...env });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${program} ended:\n${log}`);
  });
  failed.catch(() => undefined);
  await Promise.race([listens('127.0.0.1', port), failed]);
  return child;
}

async function nginx(
  folder: string,
  offset: number,
  { folder: certificates }: Certificates,
  directives: string,
): Promise<[string, string[]]> {
  const files = await Promise.all(['nginx.conf', 'nginx-more.conf'].map((name) => fromDocs(name, offset)));
  const site = files
    .join('')
    .replaceAll('listen 443', `listen 127.0.0.1:${httpsPort(offset)}`)
    .replaceAll('listen 80', `listen 127.0.0.1:${httpPort(offset)}`)
    .replaceAll('/etc/ssl/onesession', certificates)
    .replaceAll('/var/log/nginx', folder)
    .replaceAll('location / {', `location / {\n${directives}`);
  await writeFile(join(folder, 'site.conf'), site);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${certificates}/nginx.pid;
events {}
http {
  ${paths.join('\n  ')}
  include ${folder}/site.conf;
}
`,
  );
  return [nginxProgram, ['-p', folder, '-c', config, '-e', 'stderr']];
}

async function caddy(folder: string, offset: number, { folder: certificates }: Certificates): Promise<[string, string[]]> {
  const certificate = (domain: string) => `tls ${certificates}/${domain}.pem ${certificates}/${domain}.key`;
  // In a test there is no authority to get certificates from.
  const site = (await fromDocs('Caddyfile', offset)).replaceAll(
    /^(\S+\.)?(wow|partner|preview)\.test \{$/gm,
    (line, _, name: string) => `${line}\n\t${certificate(`${name}.test`)}`,
  );
  return caddyCommand(folder, withCaddyOptions(site, offset));
}

/** Adds global options: the ports, and no administration. */
export function withCaddyOptions(caddyfile: string, offset: number): string {
  const options = `{
	admin off
	http_port ${httpPort(offset)}
	https_port ${httpsPort(offset)}
	default_bind 127.0.0.1
`;
  return caddyfile.replace(/^\{\n/m, options);
}

/** Writes a Caddyfile. Returns the command that runs it. */
export async function caddyCommand(folder: string, caddyfile: string): Promise<[string, string[]]> {
  const file = join(folder, 'Caddyfile');
  await writeFile(file, caddyfile);
  const places = ['/usr/bin/caddy', join(process.env['TOOLS'] ?? '', 'caddy/usr/bin/caddy')];
  const program = process.env['CADDY'] ?? places.find((path) => existsSync(path)) ?? 'caddy';
  return [program, ['run', '--config', file, '--adapter', 'caddyfile']];
}
