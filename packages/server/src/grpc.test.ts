import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { App, type Logger } from '@ionosphere/core';
import { startGrpc } from './grpc';
import { serve } from './serve';

describe('serve({ grpc })', () => {
  it('says which package is missing', () => {
    const missing = (name: string): unknown => {
      throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack: ...`), { code: 'MODULE_NOT_FOUND' });
    };
    expect(() => startGrpc(new App({ services: [] }), {}, missing)).toThrow(
      'serve: the option grpc needs the package @ionosphere/grpc: npm install @ionosphere/grpc',
    );
  });

  it('does not hide what is wrong inside of the package', () => {
    const broken = (): unknown => {
      throw Object.assign(new Error("Cannot find module 'protobufjs'"), { code: 'MODULE_NOT_FOUND' });
    };
    expect(() => startGrpc(new App({ services: [] }), {}, broken)).toThrow("Cannot find module 'protobufjs'");
  });

  it('starts and stops gRPC with the server, and says in the log where it is', async () => {
    const [info, ignored] = [jest.fn(), jest.fn()];
    const logger: Logger = { info, debug: ignored, warn: ignored, error: ignored };
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      grpc: { port: 0, host: '127.0.0.1' },
      signals: [],
      logger,
    });
    expect(server.grpcPort).toBeGreaterThan(0);
    expect(info.mock.calls).toEqual([['Listening', { url: server.url, grpcPort: server.grpcPort }]]);
    const again = serve({ port: 0, grpc: { port: server.grpcPort ?? 0, host: '127.0.0.1' }, signals: [] });
    await expect(again).rejects.toThrow(`grpc: can't listen on 127.0.0.1:${server.grpcPort}`);
    await server.stop();
  });

  it('refuses options that gRPC does not know', async () => {
    const grpc = { prot: 1 } as object;
    await expect(serve({ port: 0, grpc, signals: [] })).rejects.toThrow('grpc: there is no option "prot"');
  });

  it('loads nothing of gRPC when it is not asked for', () => {
    const loaded = (options: object): number => {
      const program = `
      const { serve } = require(${JSON.stringify(join(__dirname, '..', 'dist', 'index.js'))});
      serve(${JSON.stringify({ port: 0, signals: [], ...options })}).then((server) => {
        console.log(Object.keys(require.cache).filter((file) => /grpc-js|proto-loader|protobufjs|ionosphere.grpc|packages.grpc/.test(file)).length);
        return server.stop();
      });`;
      return Number(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim().split('\n').at(-1));
    };
    expect(loaded({})).toBe(0);
    expect(loaded({ grpc: { port: 0 } })).toBeGreaterThan(10);
  });
});
