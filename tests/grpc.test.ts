import { once } from 'node:events';
import { credentials } from '@grpc/grpc-js';
import { ManagedService, Message, serve, type Server } from '@ionosphere/server';
import type { SuiteClient } from '@ionosphere/testing';
import { WebSocket } from 'ws';
import { send } from '../packages/grpc/src/peer.fixture';
import { GrpcSuiteClient, stub } from '../packages/grpc/src/suite-client.fixture';
import { WebSocketClient, type Address } from '../packages/server/src/suite-clients.fixture';
import {
  JsonpClient,
  PollingClient,
  SseClient,
  StreamingClient,
} from '../packages/server/src/suite-http-clients.fixture';
import { makeCertificate } from '../packages/server/src/tls.fixture';

@ManagedService({ path: '/room/{name}' })
class Room {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

const https = [WebSocketClient, SseClient, StreamingClient, PollingClient, JsonpClient];

describe('One broadcaster, all five transports', () => {
  let server: Server;
  let clients: (SuiteClient & { reconnect(): Promise<void> })[];

  beforeEach(async () => {
    server = await serve({ services: [Room], port: 0, grpc: { port: 0 }, host: '127.0.0.1', signals: [] });
    const path = '/room/all';
    const address: Address = { url: server.url, path, framed: true, protocol: true, ca: undefined };
    clients = [
      ...https.map((Client) => new Client(address)),
      new GrpcSuiteClient({ address: `127.0.0.1:${server.grpcPort}`, path, protocol: true }),
    ];
    for (const client of clients) await client.reconnect();
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  });

  it('whoever speaks, all hear the same text', async () => {
    const texts = ['one | 😀', 'two\nlines', ' three', 'four', 'five', '{"six":6}'];
    for (const [index, speaker] of clients.entries()) {
      await speaker.send(texts[index] ?? '');
      for (const client of clients) expect(await client.receive()).toBe(texts[index]);
    }
  });

  it('500 broadcasts reach all in the same order', async () => {
    const texts = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    const room = server.app.broadcasters.lookup('/room/all');
    for (const text of texts) room.broadcast(text);
    for (const client of clients) {
      const heard: unknown[] = [];
      while (heard.length < texts.length) heard.push(await client.receive());
      expect(heard).toEqual(texts);
    }
  });

  it('a gRPC client goes on over WebSocket under its tracking id, and misses nothing', async () => {
    const grpc = clients.at(-1) as SuiteClient;
    const { uuid } = grpc;
    await grpc.vanish();
    const resource = server.app.resources.find(uuid);
    while (resource?.state !== 'away') await new Promise((resolve) => setImmediate(resolve));
    server.app.broadcasters.lookup('/room/all').broadcast('missed');
    const query = `X-Atmosphere-tracking-id=${uuid}&X-Atmosphere-Transport=websocket`;
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/room/all?${query}`);
    const [event] = (await once(socket, 'message')) as [Buffer];
    expect(String(event)).toBe('missed');
    expect(resource.transport).toBe('websocket');
    socket.close();
  });
});

test('gRPC is served with the certificate of the server, where it has none of its own', async () => {
  const certificate = await makeCertificate();
  const tls = certificate.tls;
  const server = await serve({ services: [Room], port: 0, tls, grpc: { port: 0 }, signals: [] });
  const client = stub(`localhost:${server.grpcPort}`, credentials.createSsl(Buffer.from(certificate.ca)));
  expect((await send(client, { topic: '/room/tls', payload: 'x' })).type).toBe('ACK');
  client.close();
  await server.stop();
  certificate.remove();
});
