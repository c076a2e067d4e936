import { connect as connectGrpc, type Client } from '@ionosphere/grpc';
import { ManagedService, Message, serve, type Server } from '@ionosphere/server';
import { SqliteStore } from '@ionosphere/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Peer } from '../packages/grpc/src/peer.fixture';
import { stub, type BidiCall } from '../packages/grpc/src/suite-client.fixture';
import { deskServices, done, type DeskApi } from './desk.fixture';
import { eventually } from './journal.fixture';

@ManagedService({ path: '/room/{name}' })
class Room {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

describe('gRPC, over a restart with a store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ionosphere-grpc-'));
  let server: Server;
  let port = 0;
  const clients: Client[] = [];

  const start = async (): Promise<void> => {
    server = await serve({
      port: 0,
      host: '127.0.0.1',
      grpc: { port, host: '127.0.0.1' },
      services: [Room, ...deskServices],
      store: new SqliteStore({ file: join(folder, 'store.db') }),
      signals: [],
      retryAfterSeconds: 0.1,
    });
    port = server.grpcPort ?? 0;
  };
  const restart = async (): Promise<void> => {
    await server.stop();
    await start();
  };
  const uuidsAt = (path: string): string[] =>
    [...server.app.resources.all()].filter(({ endpoint }) => endpoint.path === path).map(({ uuid }) => uuid);

  beforeAll(start);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('the client goes on as the same, and does not guess what became of what it had sent', async () => {
    const path = '/desk/grpc';
    const client = connectGrpc<DeskApi>(`http://127.0.0.1:${port}${path}`, {
      retrySeconds: 0.05,
      maxRetrySeconds: 0.2,
    });
    clients.push(client);
    let gaps = 0;
    const said: unknown[] = [];
    client.on('gap', () => gaps++);
    client.on('message', (message) => said.push(message.said ?? 'welcome'));
    await client.send({ say: 'before' });
    const before = uuidsAt(path);
    const begun = done.length;
    const unknown = expect(client.request({ add: [999, 1] })).rejects.toMatchObject({ code: 'outcome-unknown' });
    await done.until((entries) => entries.length > begun, 'the handler has begun');
    await restart();
    await unknown;
    await client.send({ say: 'after' });
    await eventually(() => said.includes('after'), 'it goes on');
    expect(done.entries.slice(begun)).toEqual(['sum 999+1', 'say after']);
    expect(uuidsAt(path)).toEqual(before);
    expect(gaps).toBe(0);
  });

  it('each topic of one client is there again, with what it missed and what was sent to it alone', async () => {
    const topics = ['/room/one', '/room/two', '/room/three'];
    const before = stub(`127.0.0.1:${port}`);
    const peer = Peer.stream(before);
    const positions = new Map<string, Record<string, string>>();
    let id = '';
    for (const topic of topics) {
      const ack = await peer.join(topic);
      id = ack.tracking_id;
      positions.set(topic, { epoch: ack.headers['epoch'] ?? '', offset: ack.headers['offset'] ?? '' });
    }
    // One topic less, which must not take the others with it.
    peer.send({ type: 'UNSUBSCRIBE', topic: '/room/one' });
    expect((await peer.next()).type).toBe('ACK');
    peer.call.cancel();
    await peer.ended;
    const left = topics.slice(1);
    for (const topic of left)
      await eventually(() => server.app.broadcasters.find(topic)?.resources[0]?.state === 'away', 'it is away');
    for (const topic of left) {
      const broadcaster = server.app.broadcasters.lookup(topic);
      await broadcaster.broadcast(`to all of ${topic}`);
      broadcaster.resources[0]?.send(`to one of ${topic}`);
    }
    await restart();
    before.close();
    expect(topics.map(uuidsAt)).toEqual([[], [id], [id]]);
    const after = stub(`127.0.0.1:${port}`);
    const back = Peer.stream(after);
    for (const topic of left) {
      const ack = await back.join(topic, { tracking_id: id, headers: positions.get(topic) });
      expect(ack.tracking_id).toBe(id);
      const heard = [await back.next(), await back.next()];
      expect(heard.map((message) => [message.topic, message.payload])).toEqual([
        [topic, `to all of ${topic}`],
        [topic, `to one of ${topic}`],
      ]);
    }
    (back.call as BidiCall).end();
    expect((await back.ended).code).toBe(0);
    await restart();
    expect(topics.flatMap(uuidsAt)).toEqual([]);
    after.close();
  });
});
