import { Forked } from '../forked.fixture';
import { quiet } from '../journal.fixture';
import type { RawConnection } from '../raw-connection.fixture';
import { HealthyClient, openDeadClient, transports } from './readers.fixture';
import type { Order, State } from './slow-clients.fixture';

const MEBIBYTE = 1024 * 1024;
const ROUNDS = 20;
/** Messages of 40 000 bytes that those who do not read are sent in each round: 12 MB in all for each of them. */
const BALLAST = 15;

/**
 * How much the server may grow, in bytes: two logs of 2 MiB, half a MiB for each of 20 clients, and what the allocator keeps.
 * Without bounds it were 20 times 12 MB.
 */
const MAX_GROWTH = 64 * MEBIBYTE;

let server: Forked<Order, State | { port: number }>;
let port: number;
let healthy: HealthyClient[] = [];
let dead: RawConnection[] = [];

beforeEach(async () => {
  server = new Forked('slow-clients/server.ts', {}, ['--expose-gc']);
  ({ port } = await server.next((answer): answer is { port: number } => 'port' in answer, 'the server listens'));
});

afterEach(async () => {
  for (const client of healthy) client.close();
  for (const connection of dead) connection.cut();
  await server.end();
});

function state(): Promise<State> {
  const answer = server.next((one): one is State => 'failures' in one, 'the server says how it is', 30_000);
  server.tell({ report: true });
  return answer;
}

const policies = ['drop-oldest', 'drop-newest', 'coalesce', 'disconnect'];

const scenes = [
  ...transports.map((transport) => ({ transport, policies: ['lag'], healthyEach: 180, deadEach: 20 })),
  ...(['websocket', 'sse'] as const).map((transport) => ({ transport, policies, healthyEach: 5, deadEach: 5 })),
];

describe.each(scenes)(
  '$deadEach clients that do not read, over $transport, at services with $policies',
  ({ transport, policies: chosen, healthyEach, deadEach }) => {
    const paths = chosen.map((policy) => `/${policy}`);
    const opened = async <T>(count: number, open: (path: string) => Promise<T>): Promise<T[]> =>
      Promise.all(paths.flatMap((path) => Array.from({ length: count }, () => open(path))));

    it(`keep nothing from ${healthyEach} others, take little memory, and are cut off for it`, async () => {
      healthy = await opened(healthyEach, (path) => HealthyClient.open(port, path, transport));
      dead = await opened(deadEach, (path) => openDeadClient(port, path, transport));
      const before = await state();
      for (let message = 0; message < ROUNDS; message++) {
        server.tell({ ballast: BALLAST });
        for (const path of paths) server.tell({ path, message });
        // The next round begins when all have this one: nobody waits for those who do not read.
        await Promise.all(
          healthy.map(({ received }) => received.until(({ length }) => length > message, 'the message')),
        );
      }
      const after = await state();
      const inOrder = Array.from({ length: ROUNDS }, (_, message) => message);
      for (const { received } of healthy) expect(received.entries).toEqual(inOrder);
      expect(after.rss - before.rss).toBeLessThan(MAX_GROWTH);
      const last = await whenGone(healthy.length);
      // A poll is answered once, and never asks again: it is not cut off, it lapses.
      expect(last.failures).toEqual(transport === 'long-polling' ? {} : { 'slow-client': dead.length });
      expect(last.resources).toBe(healthy.length);
    }, 60_000);
  },
);

/** Waits until no more resources are there than that, or for as long as it may take. */
async function whenGone(resources: number): Promise<State> {
  for (let tries = 0; ; tries++) {
    const now = await state();
    if (now.resources <= resources || tries > 100) return now;
    await quiet(100);
  }
}
