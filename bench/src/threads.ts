// What threads are good for: `node bench/dist/threads.js [rounds]`. Each server broadcasts to 1000 WebSockets, in one thread
// and in two. It compares the CPU of the busiest thread per broadcast, which is what says how many a core can carry: on two
// cores the generator, which never sleeps, and two threads are one too many, so the time that passes says less.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildLoadGenerator, LoadGenerator } from './load-generator';
import { median } from './statistics';

const MESSAGE = JSON.stringify({ author: 'Alice', message: `^${'x'.repeat(90)}` });
const SUBSCRIBERS = 1000;
const WARM = 300;
const BROADCASTS = 1500;

interface Turn {
  /** Of the busiest thread, per broadcast, in microseconds. */
  readonly busiest: number;
  /** Of all threads. */
  readonly all: number;
  /** From a broadcast to its last delivery, when eight are on their way at once, in milliseconds. */
  readonly millis: number;
}

/** CPU of each thread of a process so far, in microseconds. */
function cpu(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  const read = (task: string): number => Number(readFileSync(join(folder, task, 'schedstat'), 'utf8').split(' ')[0]);
  return new Map(readdirSync(folder).map((task) => [task, read(task) / 1000]));
}

async function turn(threads: number): Promise<Turn> {
  const child: ChildProcess = fork(join(__dirname, 'peers', 'threads.js'), [String(threads)]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const load = {
    mode: 'fan',
    port,
    path: '/fan',
    publishPath: '/fan',
    connections: SUBSCRIBERS,
    depth: 8,
    message: MESSAGE,
  } as const;
  const generator = await LoadGenerator.connect(`${threads} threads`, load, undefined);
  await generator.run(WARM);
  const before = cpu(child.pid ?? 0);
  const { seconds } = await generator.run(BROADCASTS);
  const used = [...cpu(child.pid ?? 0)].map(([task, micros]) => (micros - (before.get(task) ?? 0)) / BROADCASTS);
  await generator.close();
  child.disconnect();
  await once(child, 'exit');
  return {
    busiest: Math.max(...used),
    all: used.reduce((sum, micros) => sum + micros, 0),
    millis: (seconds * 1000 * load.depth) / BROADCASTS,
  };
}

function show(threads: number, turns: readonly Turn[]): void {
  const of = (name: keyof Turn): string => median(turns.map((one) => one[name])).toFixed(name === 'millis' ? 1 : 0);
  console.log(`| ${threads} | ${of('busiest')} | ${of('all')} | ${of('millis')} |`);
}

async function main(rounds: number): Promise<void> {
  buildLoadGenerator();
  const one: Turn[] = [];
  const two: Turn[] = [];
  for (let round = 0; round < rounds; round++) {
    one.push(await turn(1));
    two.push(await turn(2));
    two.push(await turn(2));
    one.push(await turn(1));
  }
  console.log(
    `| threads | CPU of the busiest, µs per broadcast to ${SUBSCRIBERS} | CPU of all | ms until all have it |`,
  );
  console.log('|---|---|---|---|');
  show(1, one);
  show(2, two);
  const ratio = median(one.map(({ busiest }, index) => busiest / (two[index]?.busiest ?? NaN)));
  console.log(`\nTwo threads carry ${ratio.toFixed(2)} times the deliveries of one.`);
}

void main(Number(process.argv[2] ?? 4));
