import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { ChaosProxy } from './proxy.fixture';

/** A reset is an error first. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
}

describe('The proxy of chaos', () => {
  it('leaves nothing open when it stops, also of a client that went while nothing got through', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = await ChaosProxy.start(() => (server.address() as AddressInfo).port);
    const client = connect(proxy.port, '127.0.0.1');
    client.write('GET /?client=ada&attempt=1 HTTP/1.1\r\n\r\n');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const gone = closed(accepted);
    await once(accepted, 'data');
    accepted.resume();
    const [line] = proxy.of('ada');
    proxy.blackhole('ada', 60_000);
    const left = line && closed(line.client);
    client.resetAndDestroy();
    await left;
    await Promise.all([gone, proxy.stop()]);
    server.close();
    expect(proxy.of('ada')).toEqual([]);
  });
});
