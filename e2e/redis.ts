// A separate Redis for one suite, which a test can make hang.
import { once } from 'node:events';
import { connect } from 'node:net';
import { startChild } from './suite';

export interface Redis {
  url: string;
  /** No command gets an answer until `resume`. */
  hang: () => void;
  resume: () => void;
  stop: () => Promise<void>;
}

/** Starts Redis on this port and waits until it answers. `.ci/services` installs the program. */
export async function startRedis(port: number): Promise<Redis> {
  const address = ['--bind', '127.0.0.1', '--port', String(port)];
  const server = startChild('redis-server', [...address, '--save', '', '--appendonly', 'no']);
  let log = '';
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Ready to accept connections')) resolve();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${log}`)));
  });
  await ready;

  const socket = connect(port, '127.0.0.1');
  socket.write('INFO server\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  // `server` is the process that ends Redis together with this one.
  const pid = Number(/process_id:(\d+)/.exec(answer.toString())?.[1]);
  return {
    url: `redis://127.0.0.1:${port}`,
    hang: () => process.kill(pid, 'SIGSTOP'),
    resume: () => process.kill(pid, 'SIGCONT'),
    stop: async () => {
      const exited = once(server, 'exit');
      server.kill('SIGTERM');
      await exited;
    },
  };
}
