import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../child.fixture';
import { AtmosphereReader, EventSourceReader, PollReader, StreamReader, type Reader } from './readers.fixture';

const ROUNDS = 6;
/** When the servers are killed, one after the other: at any moment, or in the middle of a commit. */
const DOOMS = ['from outside', 'before', 'after'];
/** Numbers of one round are below those of the next. */
const ROUND = 1_000_000;

/** The same numbers in each run: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function promisedBy(program: Program): number[] {
  return [...program.text.matchAll(/^promised (\d+)$/gm)].map(([, number]) => Number(number));
}

/** What a server found when it started: uuid -> names of broadcasters. */
function foundBy(program: Program): Map<string, string[]> {
  const rows = JSON.parse(program.ready[1] ?? '') as [string, ...string[]][];
  return new Map(rows.map(([uuid, ...places]) => [uuid, places]));
}

const rises = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? Infinity));

/** Servers that are killed in the middle of a burst, one after the other, on the same port and the same file. */
async function killedAgainAndAgain(delivery: string, seed: number, open: (url: string) => Promise<Reader>[]) {
  const folder = mkdtempSync(join(tmpdir(), 'ionosphere-'));
  const port = await freePort();
  const random = seeded(seed);
  const start = (round: number): Promise<Program> => {
    const doom = [DOOMS[round % DOOMS.length] ?? '', `${50 + random(100)}`];
    return Program.start(
      'durable/server.mjs',
      `${port}`,
      join(folder, 'store.db'),
      delivery,
      `${round * ROUND}`,
      ...doom,
    );
  };
  const promised: number[] = [];
  const found: Map<string, string[]>[] = [];
  let program = await start(0);
  const readers = await Promise.all(open(`http://127.0.0.1:${port}/news/today`));
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const count = 100 + random(400);
      program.signal('SIGUSR2');
      if (DOOMS[(round - 1) % DOOMS.length] === 'from outside') {
        await program.output.until(() => promisedBy(program).length >= count, `${count} promises`);
        await program.end();
      }
      await program.exited();
      promised.push(...promisedBy(program));
      program = await start(round);
      found.push(foundBy(program));
    }
    // What was on its way at the last kill may be missing, where nothing is sent twice: only the next one has to come.
    program.signal('SIGHUP');
    await program.output.until(() => promisedBy(program).length > 0, 'the last promise');
    promised.push(...promisedBy(program));
    const last = promised.at(-1) ?? NaN;
    for (const { numbers, name } of readers)
      await numbers.until((all) => all.includes(last), `${name} gets ${last}`, 20_000);
    return { promised, found, readers };
  } finally {
    for (const reader of readers) await reader.close();
    await program.end();
    rmSync(folder, { recursive: true });
  }
}

/** Clients that have an id, and can't say where they are. */
const silentReaders = (url: string): Promise<Reader>[] => [
  AtmosphereReader.open(url),
  AtmosphereReader.open(url),
  PollReader.open(url),
  PollReader.open(url),
];

describe('A server that is killed in the middle of a burst', () => {
  test('has promised nothing that a client does not get once, in order, when the client says where it is', async () => {
    const open = (url: string): Promise<Reader>[] => [
      EventSourceReader.open(url),
      StreamReader.open(url),
      StreamReader.open(url),
    ];
    const { promised, found, readers } = await killedAgainAndAgain('at-most-once', 1, open);
    const known = new Set(promised);
    expect(promised.length).toBeGreaterThan(ROUNDS * 100);
    for (const { numbers } of readers) {
      expect(numbers.entries.filter((number) => known.has(number))).toEqual(promised);
      expect(rises(numbers.entries)).toBe(true);
    }
    for (const places of found) expect(places).toEqual(new Map(readers.map(({ id = '' }) => [id, ['/news/today']])));
  }, 60_000);

  test('loses nothing for clients that can not say it, where the service wants that', async () => {
    const { promised, found, readers } = await killedAgainAndAgain('at-least-once', 2, silentReaders);
    for (const { numbers, name } of readers) {
      const got = new Set(numbers.entries);
      expect([name, promised.filter((number) => !got.has(number))]).toEqual([name, []]);
      // What comes again comes after what it is a repetition of; what is new comes in order.
      expect([name, rises([...got])]).toEqual([name, true]);
    }
    for (const places of found) expect([...places.values()]).toEqual(readers.map(() => ['/news/today']));
  }, 60_000);

  test('sends nothing twice to clients that can not say it, where the service wants that', async () => {
    const { promised, readers } = await killedAgainAndAgain('at-most-once', 3, silentReaders);
    for (const { numbers, name } of readers) {
      expect([name, rises(numbers.entries)]).toEqual([name, true]);
      const got = new Set(numbers.entries);
      // Only what was on its way when the server was killed may be missing.
      expect(promised.filter((number) => got.has(number)).length).toBeGreaterThan(promised.length * 0.8);
    }
  }, 60_000);
});
