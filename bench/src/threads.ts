// What threads are good for: `node bench/dist/threads.js [rounds]`. Each server broadcasts to 1000 WebSockets in one thread, and
// to 1000 and 2000 in two. The generator sleeps while a burst is delivered, so two cores are enough for two threads: the
// kernel notes when the last message of the burst comes in.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildLoadGenerator, LoadGenerator } from './load-generator';
import { median } from './statistics';

const MESSAGE = JSON.stringify({ author: 'Alice', message: `^${'x'.repeat(90)}` });
/** How many broadcasts there are at once. */
const DEPTH = 8;
const WARM = 400;
const BROADCASTS = 800;
/** How long the generator sleeps, in microseconds: some times what a burst takes. */
const PAUSE = 40_000;

interface Setup {
  readonly threads: number;
  readonly subscribers: number;
}

const setups = [
  { threads: 1, subscribers: 1000 },
  { threads: 2, subscribers: 1000 },
  { threads: 2, subscribers: 2000 },
] as const satisfies readonly Setup[];

interface Turn {
  /** Of the busiest thread, per broadcast, in microseconds. */
  readonly busiest: number;
  /** Of all threads. */
  readonly all: number;
  /** From the first broadcast of a burst to its last delivery, in milliseconds: half of the bursts took no longer. */
  readonly millis: number;
  /** The fastest tenth took no longer: what else the machine does is no part of that. */
  readonly best: number;
}

/** CPU of each thread of a process so far, in microseconds. */
function cpu(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  const read = (task: string): number => Number(readFileSync(join(folder, task, 'schedstat'), 'utf8').split(' ')[0]);
  return new Map(readdirSync(folder).map((task) => [task, read(task) / 1000]));
}

async function turn({ threads, subscribers }: Setup): Promise<Turn> {
  const child: ChildProcess = fork(join(__dirname, 'peers', 'threads.js'), [String(threads)]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const load = {
    mode: 'fan',
    port,
    path: '/fan',
    publishPath: '/fan',
    connections: subscribers,
    depth: DEPTH,
    message: MESSAGE,
    pause: PAUSE,
  } as const;
  const generator = await LoadGenerator.connect(`${threads} threads`, load, undefined);
  await generator.run(WARM);
  const before = cpu(child.pid ?? 0);
  const { burstMillis } = await generator.run(BROADCASTS);
  const used = [...cpu(child.pid ?? 0)].map(([task, micros]) => (micros - (before.get(task) ?? 0)) / BROADCASTS);
  await generator.close();
  child.disconnect();
  await once(child, 'exit');
  const { median: millis = NaN, tenth: best = NaN } = burstMillis ?? {};
  return { busiest: Math.max(...used), all: used.reduce((sum, micros) => sum + micros, 0), millis, best };
}

function row({ threads, subscribers }: Setup, turns: readonly Turn[]): string {
  const of = (name: keyof Turn): string =>
    median(turns.map((one) => one[name])).toFixed(name === 'millis' || name === 'best' ? 2 : 0);
  return `| ${threads} | ${subscribers} | ${of('busiest')} | ${of('all')} | ${of('millis')} | ${of('best')} |`;
}

/** How much smaller it is in two threads: the median of what it is in each round. */
function gain(one: readonly Turn[], two: readonly Turn[], name: keyof Turn): number {
  return median(one.map((turnOfOne, index) => turnOfOne[name] / (two[index]?.[name] ?? NaN)));
}

async function main(rounds: number): Promise<void> {
  buildLoadGenerator();
  const turns: Turn[][] = setups.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = [...setups.entries()];
    for (const [index, setup] of [...order, ...order.toReversed()]) turns[index]?.push(await turn(setup));
  }
  console.log(
    '| threads | WebSockets | CPU of the busiest, µs per broadcast | of all | ms per burst | fastest tenth |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const [index, setup] of setups.entries()) console.log(row(setup, turns[index] ?? []));
  const [one = [], two = [], twice = []] = turns;
  const told = (name: keyof Turn): string =>
    `${gain(one, two, name).toFixed(2)} of 1000, ${(2 * gain(one, twice, name)).toFixed(2)} of 2000`;
  console.log(`
How many times the deliveries of one thread two carry,
by the CPU of the busiest: ${told('busiest')}
by the time of a burst: ${told('millis')}
by that of the fastest tenth: ${told('best')}`);
}

void main(Number(process.argv[2] ?? 4));
