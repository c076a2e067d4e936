import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { silentLogger, type DurableStore } from '@ionosphere/core';
import { serve } from '../serve';

const common = { port: 0, host: '127.0.0.1', services: [], signals: [], logger: silentLogger, threads: 2 } as const;

// Inside the repository, so that the packages are found as a user's program finds them.
const folder = mkdtempSync(join(__dirname, '.threads-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module for threads. */
function moduleOf(name: string, code: string): string {
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

const plain = `
require('reflect-metadata');
const { serve, silentLogger } = require('@ionosphere/server');
void serve({ port: 0, services: [], threads: 2, logger: silentLogger });
`;

const nothing = (): never => {
  throw new Error('no store is asked');
};
const store: DurableStore = {
  open: nothing,
  resolve: nothing,
  log: nothing,
  resources: nothing,
  commit: nothing,
  close: nothing,
};

describe('serve with threads', () => {
  it.each([
    [{ threads: 0 }, 'serve: threads is 0; it must be a whole number from 1 to 256'],
    [{ threads: 1.5 }, 'serve: threads is 1.5; it must be'],
    [{ threads: 257 }, 'serve: threads is 257; it must be'],
    [{ store }, 'serve: a store is for one thread at a time; leave out `store`, or `threads`'],
    [{ grpc: {} }, 'serve: gRPC is served by one thread only; leave out `grpc`, or `threads`'],
  ])('refuses options that make no sense, or can not be had: %j', async (options, message) => {
    await expect(serve({ ...common, ...options })).rejects.toThrow(message);
  });

  it('says what to do when the module is not there', async () => {
    const module = '/no/such/file.js';
    await expect(serve({ ...common, module })).rejects.toThrow(
      `serve: the threads can't run "${module}", which is not there; set \`module\` to the file that calls serve`,
    );
  });

  it('says what to do when the module does not call serve', async () => {
    const module = moduleOf('idle.js', '');
    await expect(serve({ ...common, module })).rejects.toThrow(
      `serve: "${module}" did not call serve with \`threads\` when a thread ran it; set \`module\``,
    );
  });

  it('rejects with what the module throws', async () => {
    const module = moduleOf('broken.js', "throw new TypeError('this module is broken');");
    await expect(serve({ ...common, module })).rejects.toThrow('this module is broken');
  });

  it('rejects when a service is declared wrongly, and leaves no thread', async () => {
    const module = moduleOf('wrong.js', plain.replace('services: []', 'services: [class Nothing {}]'));
    await expect(serve({ ...common, module })).rejects.toThrow('Nothing');
  });

  it('rejects when the port is taken, and leaves no thread', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const module = moduleOf('plain.js', plain);
    await expect(serve({ ...common, module, port })).rejects.toThrow(`Can't listen on 127.0.0.1, port ${port}`);
    other.close();
  });

  it.each([
    ['a path', (path: string) => path],
    ['a URL', (path: string) => pathToFileURL(path)],
    ['a URL as text', (path: string) => pathToFileURL(path).href],
  ])('runs a CommonJS module that is named by %s, and stops', async (_, name) => {
    const server = await serve({ ...common, module: name(moduleOf('plain.js', plain)) });
    const answer = await fetch(`${server.url}/health`);
    expect(await answer.json()).toEqual({ status: 'up', resources: 0, broadcasters: 0, threads: 2 });
    await server.stop();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it('says where to add what a server in one thread adds', async () => {
    const server = await serve({ ...common, module: moduleOf('plain.js', plain) });
    for (const name of ['app', 'add', 'atmosphere', 'stream'])
      expect(() => Reflect.get(server, name) as unknown).toThrow(
        `server.${name}: the services run in other threads; name them in \`services\``,
      );
    await server.stop();
  });

  it('refuses to be called twice by one module, whose threads would not know which is meant', async () => {
    const module = moduleOf('twice.js', `${plain}${plain.split('\n').at(-2)}`);
    await expect(serve({ ...common, module })).rejects.toThrow('may call serve with `threads` once');
  });

  it.each([
    ['@RoomService', "const { RoomService } = require('@ionosphere/server'); RoomService('/talk')(Talk);"],
    [
      'RoomProtocolInterceptor',
      "const { ManagedService, RoomProtocolInterceptor } = require('@ionosphere/server'); ManagedService({ path: '/talk', interceptors: [new RoomProtocolInterceptor()] })(Talk);",
    ],
  ])('refuses rooms, which would know the members of one thread only: %s', async (what, declare) => {
    const code = plain.replace('void serve', `class Talk {}\n${declare}\nvoid serve`).replace('[]', '[Talk]');
    await expect(serve({ ...common, module: moduleOf('rooms.js', code) })).rejects.toThrow(
      `${what} is of no use when the services run in several threads`,
    );
  });
});
