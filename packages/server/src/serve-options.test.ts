import { serve } from './serve';

describe('The options of serve', () => {
  it.each<[object, string]>([
    [{ prt: 1 }, 'no option "prt"; known are port, host'],
    [{ heartbeatSeconds: 3 }, 'no option "heartbeatSeconds"'],
    [{ port: 70_000 }, 'port is 70000; it must be 0 to 65535'],
    [{ port: 'abc' }, 'port is abc'],
    [{ basePath: 'app' }, 'basePath is "app"; it must begin with "/", end without'],
    [{ basePath: '/app/' }, 'basePath is "/app/"'],
    [{ basePath: '/a b' }, 'basePath is "/a b"'],
    [{ basePath: '/a/../b' }, 'basePath is "/a/../b"'],
    [{ stopSeconds: -1 }, 'stopSeconds is -1'],
    [{ noticeSeconds: NaN }, 'noticeSeconds is NaN'],
    [{ retryAfterSeconds: -2 }, 'retryAfterSeconds is -2'],
    [{ webSocket: { maxBackpressureBytes: 0 } }, 'maxBackpressureBytes is 0; it must be a whole number from 1'],
    [{ limits: { webSocketIdleSeconds: 3 } }, 'webSocketIdleSeconds is 3; it must be 0, or a whole number from 8'],
    [{ config: { maxConnections: 3 } }, 'maxConnections is a limit; say it under limits'],
    [{ config: { trustProxy: ['10.0.0.300'] } }, 'trustProxy has "10.0.0.300"; it must be an address'],
    [{ services: [undefined] }, 'services[0] is undefined; do two modules import each other?'],
    [{ services: [{}] }, 'services[0] is no class'],
    [{ tls: { key: '-----BEGIN PRIVATE KEY-----\nsecret', cert: 'x' } }, 'tls.key must be the path of a file'],
  ])('%j are refused at the start', async (options, message) => {
    await expect(serve({ port: 0, services: [], signals: [], ...options })).rejects.toThrow(message);
  });

  it('never quotes a key that was given in place of its path', async () => {
    const tls = { key: '-----BEGIN PRIVATE KEY-----\nsecret', cert: 'x' };
    await expect(serve({ port: 0, services: [], signals: [], tls })).rejects.not.toThrow('secret');
  });
});
