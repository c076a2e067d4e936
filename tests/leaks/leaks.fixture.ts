import { Forked } from '../forked.fixture';
import { cycles, endings } from './cycles.fixture';

/** What a server holds. */
export interface Counts {
  readonly resources: number;
  readonly connections: number;
  readonly broadcasters: number;
  /** Timers that wait; an app has one while anything of it is due later. */
  readonly waiting: number;
  /** WebSockets that are in a native group, summed over the groups. */
  readonly members: number;
  /** After a collection, in bytes. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

type Answer = Counts | { readonly port: number };

/** What a number of cycles left behind. */
export interface Leftover {
  /** Of all transports together. */
  readonly cycles: number;
  /** When all clients have gone and their time is over. */
  readonly rest: Counts;
  /** How much the heap, and what the engine counts as external, grew, in bytes. */
  readonly growth: number;
  readonly growthPerCycle: number;
}

/** How many clients are there at a time. */
const CONCURRENCY = 100;

/** Paths that they are spread over. */
const PATHS = 5;

/** How long the server may take to come to rest, in milliseconds. */
const REST_MILLIS = 20_000;

/** A server in a process of its own, and clients that come and go. */
export class LeakHunt {
  readonly #server: Forked<{ readonly order: 'count' }, Answer>;

  private constructor(
    server: Forked<{ readonly order: 'count' }, Answer>,
    private readonly port: number,
  ) {
    this.#server = server;
  }

  static async start(): Promise<LeakHunt> {
    const server = new Forked<{ readonly order: 'count' }, Answer>('leaks/server.ts', {}, ['--expose-gc']);
    const { port } = await server.next((answer) => 'port' in answer, 'the server listens');
    return new LeakHunt(server, port);
  }

  async count(): Promise<Counts> {
    const answer = this.#server.next((one): one is Counts => 'resources' in one, 'the server counts');
    this.#server.tell({ order: 'count' });
    return answer;
  }

  /**
   * Lets clients come and go, a number over each transport, and as many again: what the first half leaves is what the server
   * keeps on purpose.
   */
  async measure(transports: readonly string[], count: number): Promise<Leftover> {
    await this.#go(transports, count);
    const before = await this.#rest();
    await this.#go(transports, count);
    const rest = await this.#rest();
    const growth = rest.heapUsed + rest.external - before.heapUsed - before.external;
    const total = count * transports.length;
    return { cycles: total, rest, growth, growthPerCycle: Math.round(growth / total) };
  }

  async stop(): Promise<void> {
    await this.#server.end();
  }

  async #go(transports: readonly string[], count: number): Promise<void> {
    const total = count * transports.length;
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < total; index = next++) {
        const round = Math.floor(index / transports.length);
        const cycle = cycles[transports[index % transports.length] ?? ''];
        if (!cycle) throw new RangeError(`there is no such cycle; known are ${Object.keys(cycles).join(', ')}`);
        await cycle(this.port, `/leak/${round % PATHS}`, endings[round % endings.length] ?? 'goodbye');
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, total) }, worker));
  }

  /** Waits until nothing is held any more, or as long as that may take; gives what is. */
  async #rest(): Promise<Counts> {
    const deadline = Date.now() + REST_MILLIS;
    for (;;) {
      const counts = await this.count();
      const { resources, connections, broadcasters, waiting, members } = counts;
      if (resources + connections + broadcasters + waiting + members === 0 || Date.now() > deadline) return counts;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
