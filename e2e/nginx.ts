// Debian's nginx with its default buffers and timeouts, in front of a suite: nginx has the public ports of the apps, and
// the apps listen on another loopback address.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Suite, origins, startChild, startSuite } from './suite';

const places = ['/usr/sbin/nginx', '/usr/bin/nginx', join(process.env['TOOLS'] ?? '', 'nginx/usr/sbin/nginx')];
export const nginxProgram = process.env['NGINX'] ?? places.find((path) => existsSync(path)) ?? 'nginx';

/** The address where the apps listen. On Linux, all of 127.0.0.0/8 is this machine. */
const BEHIND = '127.0.0.2';

const APPS = ['main', 'store', 'partner', 'identity'] as const;

/** Starts a suite whose apps can be reached through nginx only. */
export async function startBehindNginx(offset: number, args: string[] = []): Promise<Suite> {
  const ports = APPS.map((app) => Number(new URL(origins(offset)[app]).port));
  const addresses = APPS.flatMap((app, index) => ['--set', `${app}:LEPTOS_SITE_ADDR=${BEHIND}:${ports[index]}`]);
  const starting = startSuite({ offset, args: [...addresses, ...args] });
  // The supervisor checks that the ports are free before it starts the apps, so nginx comes later.
  starting.catch(() => undefined);
  await Promise.race([listens(BEHIND, ports[0] ?? 0), starting]);
  const nginx = await startNginx(ports);
  const suite = await starting.catch(async (error: unknown) => {
    await nginx.stop();
    throw error;
  });
  const stop = async () => {
    await suite.stop();
    await nginx.stop();
  };
  return { ...suite, stop };
}

async function startNginx(ports: number[]): Promise<{ stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const config = join(folder, 'nginx.conf');
  await writeFile(config, configuration(folder, ports));
  const nginx = startChild(nginxProgram, ['-p', folder, '-c', config, '-e', join(folder, 'error.log')]);
  let log = '';
  nginx.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(nginx, 'exit');
  void ended.then(() => {
    if (log !== '') console.error(log);
  });
  const stop = async () => {
    if (nginx.exitCode === null && nginx.signalCode === null) {
      nginx.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  return { stop };
}

/** Only the host is passed on; all buffers and timeouts are nginx's defaults. */
function configuration(folder: string, ports: number[]): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  const servers = ports.map(
    (port) => `
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://${BEHIND}:${port};
      proxy_set_header Host $http_host;
    }
  }`,
  );
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${paths.join('\n  ')}
  ${servers.join('\n')}
}
`;
}

/** Waits until a program listens. */
export async function listens(address: string, port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
