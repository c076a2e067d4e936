import { eventually } from '../journal.fixture';
import { WebSocketClient } from './clients/web-socket-client.fixture';
import { ChaosProxy } from './proxy.fixture';
import { Random } from './random.fixture';
import { ServerProcess } from './server-process.fixture';

describe('What the server under test notes', () => {
  const server = new ServerProcess({ recoverySeconds: 10, pollGraceSeconds: 10, heartbeatSeconds: 1 }, true);
  let proxy: ChaosProxy;
  let client: WebSocketClient;

  beforeAll(async () => {
    await server.start();
    proxy = await ChaosProxy.start(() => server.port);
    client = new WebSocketClient({
      ...{ client: 'ada', kind: 'websocket, tracked', promised: 'at-most-once', polls: false, port: proxy.port },
      ...{ path: '/feed/a', others: ['news'], random: new Random(1), silenceMillis: 10_000 },
    });
  }, 30_000);

  afterAll(async () => {
    client.stop();
    await proxy.stop();
    await server.stop();
  });

  it('is who holds a resource of an earlier process, also before a topic that nobody has asked for since', async () => {
    const greeted = (): Promise<void> => {
      const since = Date.now();
      return eventually(() => client.lastByte > since, 'the client hears from the server');
    };
    client.start();
    await greeted();
    await server.restart('SIGTERM');
    await greeted();
    server.tell({ order: 'send', id: 1, topic: 'news' });
    await eventually(() => client.has(1), 'the client has the message');
    const notes = server.notes();
    const sent = notes.findIndex(({ note }) => note === 'send');
    expect(notes[sent - 1]).toMatchObject({ note: 'held', client: 'ada', by: client.received[0]?.attempt });
    expect(notes.filter(({ note }) => note === 'run')).toHaveLength(2);
  }, 30_000);
});
