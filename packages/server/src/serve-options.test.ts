import { ManagedService } from '@ionosphere/core';
import { serve } from './serve';

@ManagedService('/a')
class A {}

class Plain {}

const refused: [object, string][] = [
  [{ prt: 1 }, 'serve: there is no option "prt"; did you mean "port"?'],
  [{ heartbeat: 3 }, 'serve: there is no option "heartbeat"; known are services, interceptors, '],
  [{ port: 70_000 }, 'serve: port is 70000; it must be 0 to 65535'],
  [{ port: 'abc' }, 'serve: port is "abc"'],
  [{ host: 5 }, "serve: host is 5; it must be an address or a name, such as '127.0.0.1'"],
  [{ basePath: 'app' }, 'serve: basePath is "app"; it must be a path that begins with "/", ends without'],
  [{ basePath: '/app/' }, 'serve: basePath is "/app/"'],
  [{ basePath: '/a b' }, 'serve: basePath is "/a b"'],
  [{ basePath: '/a/../b' }, 'serve: basePath is "/a/../b"'],
  [{ stopSeconds: -1 }, 'serve: stopSeconds is -1; it must be a number from 0'],
  [{ noticeSeconds: NaN }, 'serve: noticeSeconds is NaN'],
  [{ retryAfterSeconds: '2' }, 'serve: retryAfterSeconds is "2"'],
  [{ threads: 1.5 }, 'serve: threads is 1.5; it must be a whole number from 1 to 256'],
  [{ module: 5 }, 'serve: module is 5; it must be the path of a file, or its URL'],
  [{ services: A }, 'serve: services is the class A; it must be a list of classes, in brackets: [Chat]'],
  [{ services: null }, 'serve: services is null; it must be a list'],
  [{ scan: ['dist'] }, `serve: scan is ["dist"]; it must be the path of a folder, such as 'dist/services'`],
  [{ store: 'x.db' }, `serve: store is "x.db"; it must be a store, such as new SqliteStore({ file: 'data.db' })`],
  [{ logger: {} }, 'serve: logger is not a logger: it has no method debug, info, warn, error'],
  [{ logger: Plain }, 'serve: logger is the class Plain; it must be a logger, such as new ConsoleLogger()'],
  [{ container: {} }, 'serve: container is not a container of tsyringe: it has no method createChildContainer'],
  [{ clock: Date }, 'serve: clock is a function; it must be a clock, such as systemClock'],
  [{ signals: 'SIGTERM' }, `serve: signals is "SIGTERM"; it must be a list of signals that a process can catch`],
  [{ signals: ['SIGFOO'] }, 'serve: signals is ["SIGFOO"]; it must be a list'],
  [{ signals: ['SIGKILL'] }, 'serve: signals is ["SIGKILL"]; it must be a list of signals that a process can catch'],
  [{ onError: 'x' }, 'serve: onError is "x"; it must be a function, such as (failure, resource) => {}'],
  [{ webSocket: 5 }, 'serve: webSocket must be an object, such as { maxBackpressureBytes: 1048576 }'],
  [
    { webSocket: { maxBackpressureByte: 1 } },
    'serve: webSocket: there is no option "maxBackpressureByte"; did you mean "maxBackpressureBytes"?',
  ],
  [
    { webSocket: { maxBackpressureBytes: 0 } },
    'serve: webSocket: maxBackpressureBytes is 0; it must be a whole number from 1',
  ],
  [{ tls: { kee: 'key.pem' } }, 'serve: tls: there is no option "kee"; did you mean "key"?'],
  [{ grpc: 50_051 }, 'serve: grpc must be an object, such as { port: 50051 }'],
  [{ config: 'x' }, 'serve: config must be an object, such as { heartbeatSeconds: 30 }'],
  [{ limits: [] }, 'serve: limits must be an object, such as { maxConnections: 1000 }'],
  [{ atmosphereConfig: 'a=b' }, `serve: atmosphereConfig is "a=b"; it must be a list of texts, such as ['key=value']`],
  [{ interceptors: Plain }, 'serve: interceptors must be a list: put it in brackets'],
  [{ listeners: [{}] }, 'serve: listeners[0] is not a'],
  [{ disableInterceptors: Plain }, 'serve: disableInterceptors is the class Plain; it must be a list of classes'],
  [{ disableInterceptors: ['Nope'] }, 'Setting disableInterceptors is ["Nope"]; it must be "all", or a list of Cors'],
  [{ disableInterceptors: [{}] }, 'Setting disableInterceptors is [{}]; it must be'],
  [{ limits: { webSocketIdleSeconds: 3 } }, 'webSocketIdleSeconds is 3; it must be 0, or a whole number from 8'],
  [{ config: { maxConnections: 3 } }, 'maxConnections is a limit; say it under limits'],
  [{ files: 'public' }, `serve: files is "public"; it must be an object: prefix of the URL -> folder`],
  [{ files: { x: '.' } }, 'serve: files: "x" is no prefix of a URL; it must begin with "/", such as "/x"'],
  [{ files: { '/*': '.' } }, 'serve: files: "/*" is taken as it stands; name the folder alone'],
  [{ files: { '/': 5 } }, `serve: files: "/" is 5; it must be the path of a folder, or of a file, such as 'public'`],
  [
    { files: { '/': 'no/such' } },
    `serve: files: "/": the folder or file "no/such" can't be read; it is taken relative to ${process.cwd()}`,
  ],
  [{ routes: [] }, `serve: routes is []; it must be an object, such as { 'GET /status': () => ({ ok: true }) }`],
];

/** A module that threads could run, and that serves nothing. */
const idle = require.resolve('reflect-metadata');

/** Rejects with what `serve` says; a server that starts all the same is stopped. */
async function begin(options: object): Promise<void> {
  const server = await serve({ port: 0, services: [], signals: [], ...options });
  await server.stop();
}

describe('The options of serve', () => {
  it.each(refused)('%j are refused at the start', async (options, message) => {
    await expect(begin(options)).rejects.toThrow(message);
  });

  it.each(refused)('%j are refused when there are threads, before one is started', async (options, message) => {
    await expect(begin({ threads: 2, module: idle, ...options })).rejects.toThrow(message);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [[A], '[the class A]'],
    [8080, '8080'],
  ])('are an object, and not %p', async (options, is) => {
    const call = serve as (options: unknown) => Promise<unknown>;
    await expect(call(options)).rejects.toThrow(
      `serve: what it was given is ${is}; it must be an object, such as { services: [Chat] }`,
    );
  });

  it.each<[object, string]>([
    [{ config: { trustProxy: ['10.0.0.300'] } }, 'trustProxy has "10.0.0.300"; it must be an address'],
    [{ services: [undefined] }, 'services[0] is undefined; do two modules import each other?'],
    [{ services: [{}] }, 'services[0] is no class'],
    [{ tls: { key: '-----BEGIN PRIVATE KEY-----\nsecret', cert: 'x' } }, 'tls.key must be the path of a file'],
  ])('%j are refused before anybody is served', async (options, message) => {
    await expect(begin(options)).rejects.toThrow(message);
  });

  it('never quotes a key that was given in place of its path', async () => {
    const tls = { key: '-----BEGIN PRIVATE KEY-----\nsecret', cert: 'x' };
    await expect(begin({ tls })).rejects.not.toThrow('secret');
    await expect(begin({ tls: tls.key })).rejects.toThrow(
      "serve: tls must be an object, such as { key: 'key.pem', cert: 'cert.pem' }",
    );
  });
});
