import { connect, type Client, type ClientTransport } from '@ionosphere/client/node';
import { SqliteStore } from '@ionosphere/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deskServices, done, type DeskApi } from './desk.fixture';
import { eventually } from './journal.fixture';
import { TestServer } from './server.fixture';

const transports: readonly ClientTransport[] = ['websocket', 'sse', 'streaming', 'long-polling'];

describe('A client of a server whose resources outlive the process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ionosphere-client-'));
  let port: number;
  let server: TestServer;
  const clients: Client<DeskApi>[] = [];

  const start = (): Promise<TestServer> =>
    TestServer.start({
      port,
      services: deskServices,
      store: new SqliteStore({ file: join(folder, 'store.db') }),
    });

  beforeAll(async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    ({ port } = probe.address() as AddressInfo);
    await new Promise((resolve) => probe.close(resolve));
    server = await start();
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it.each(transports)(
    'over %s goes on as the same after a restart, and does not guess what became of what it had sent',
    async (transport) => {
      const path = `/desk/durable-${transport}`;
      const uuids = (): string[] =>
        [...server.server.app.resources.all()].filter(({ endpoint }) => endpoint.path === path).map(({ uuid }) => uuid);
      const client = connect<DeskApi>(`http://127.0.0.1:${port}${path}`, {
        transports: [transport],
        rememberSeconds: 0,
        retrySeconds: 0.05,
        maxRetrySeconds: 0.2,
      });
      clients.push(client);
      let gaps = 0;
      const said: unknown[] = [];
      client.on('gap', () => gaps++);
      client.on('message', (message) => said.push(message.said ?? 'welcome'));
      await client.send({ say: 'before' });
      await eventually(() => said.includes('before'), 'it is there');
      const before = uuids();
      const begun = done.length;
      const hangs = { add: [999, 1] };
      const unknown = expect(client.request(hangs)).rejects.toMatchObject({ code: 'outcome-unknown' });
      await done.until((entries) => entries.length > begun, 'the handler has begun');
      await server.stop();
      server = await start();
      await unknown;
      await client.send({ say: 'after' });
      await eventually(() => said.includes('after'), 'it goes on');
      expect(done.entries.slice(begun)).toEqual(['sum 999+1', 'say after']);
      expect(uuids()).toEqual(before);
      expect(gaps).toBe(0);
    },
    30_000,
  );
});
