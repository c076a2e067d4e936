import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusedPort } from './refused-port';

const host = '127.0.0.1';

async function listening(port = 0): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** What is said where the system answers with a code that a test can't make it answer with. */
async function answerTo(code: string, port: number): Promise<string> {
  const server = createServer();
  server.listen = () => {
    setImmediate(() => server.emit('error', Object.assign(new Error(`listen ${code}: as the system says`), { code })));
    return server;
  };
  const made = jest.spyOn(net, 'createServer').mockReturnValueOnce(server);
  const { message } = await refusedPort(host, port);
  made.mockRestore();
  return message;
}

describe('Why a port is refused', () => {
  it('is told with what the system said as its cause, and with its code', async () => {
    const other = await listening();
    const error = await refusedPort(host, portOf(other));
    expect(error).toMatchObject({ code: 'EADDRINUSE', cause: { code: 'EADDRINUSE', syscall: 'listen' } });
    await close(other);
  });

  it('is that it was taken, when it is free by the time of the question; it stays free', async () => {
    const other = await listening();
    const port = portOf(other);
    await close(other);
    const error = await refusedPort(host, port);
    expect(error.message).toBe(
      `Can't listen on ${host}, port ${port}: the port was in use a moment ago; choose another one, or \`port: 0\` for any that is free`,
    );
    expect([error.cause, 'code' in error]).toEqual([undefined, false]);
    await close(await listening(port));
  });

  it.each([
    ['EACCES', 80, 'this process may not use a port below 1024; choose one above, such as 8080'],
    ['EACCES', 8080, 'the system does not allow this process to use the port; choose another one'],
    ['EAI_AGAIN', 8080, 'no host of that name is known; `host` must be an address of this machine'],
    ['EMFILE', 8080, 'listen EMFILE: as the system says; choose another one, or `port: 0` for any that is free'],
  ])('is told in words: %s, port %i', async (code, port, words) => {
    expect(await answerTo(code, port)).toContain(`Can't listen on ${host}, port ${port}: ${words}`);
  });

  it('is told in a worker of a cluster, whose primary would let it share the port', async () => {
    const free = await listening();
    const port = portOf(free);
    await close(free);
    const program = `
      const cluster = require('node:cluster');
      if (cluster.isPrimary) {
        cluster.fork();
        cluster.once('listening', () => cluster.fork({ SECOND: 'yes' }).once('exit', () => cluster.disconnect()));
      } else if (process.env.SECOND === undefined) {
        require('node:net').createServer().listen(${port}, '${host}');
      } else {
        const { refusedPort } = require(${JSON.stringify(join(__dirname, '..', 'dist', 'refused-port.js'))});
        refusedPort('${host}', ${port}).then(({ code }) => {
          console.log(code);
          cluster.worker.disconnect();
        });
      }`;
    const folder = mkdtempSync(join(tmpdir(), 'refused-port-'));
    const file = join(folder, 'cluster.js');
    writeFileSync(file, program);
    const { stdout } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(stdout).toBe('EADDRINUSE\n');
  });
});
