import { setTimeout as pause } from 'node:timers/promises';
import { clientQuery, ionosphere, nodeHttp, raw, webSocketPeers, type Contender } from './contenders';
import type { Cores } from './cores';
import { chatMessage } from './jobs';
import { LoadGenerator } from './load-generator';
import type { Settings } from './measure';
import { PeerProcess } from './peer-process';
import { HEARTBEAT_SECONDS } from './peers/job';
import { median } from './statistics';

/** What connections cost that do nothing. */
export interface IdleJob {
  readonly name: string;
  readonly about: string;
  readonly subscribers: 'websocket' | 'sse';
  readonly measures: 'memory' | 'cpu';
  /** The base, the framework, and other servers that do the job. */
  readonly contenders: readonly Contender[];
  /** Memory: how many bytes more than the base. CPU: how many times the base. */
  readonly target: number;
}

/** What one server takes per idle connection. */
export interface IdleFinding {
  readonly job: string;
  readonly about: string;
  readonly server: string;
  readonly target?: number;
  /** Bytes of the heap, and of all memory, per connection. */
  readonly heap?: number;
  readonly resident?: number;
  /** CPU per connection and second, in microseconds. */
  readonly micros?: number;
  /** To the base: the difference of the memory in bytes, or the ratio of the CPU. */
  readonly beyond: number;
}

/** How many connections stand before the memory is first looked at, so that what is made once is not counted. */
const WARM_UP = 2000;
const CONNECTIONS = 10_000;
/** Time from one heartbeat of a connection to the next, in milliseconds. */
const INTERVAL = HEARTBEAT_SECONDS * 1000;
/** V8 would compact the memory up to three times, once, 8 to 50 seconds after the last connect: as much as all heartbeats of an interval. */
const KEEPS_MEMORY = '--no-memory-reducer';
/** Time for a server to come to rest, in milliseconds. */
const REST = 500;

const subscribers = ['websocket', 'sse'] as const;

const nameOf = { websocket: 'WebSocket', sse: 'SSE' };

function contendersFor(kind: IdleJob['subscribers']): Contender[] {
  const path = `/idle?${clientQuery(kind, true)}`;
  const peers = kind === 'sse' ? [nodeHttp('/idle')] : webSocketPeers('idle');
  return [raw('idle', '/idle'), { ...ionosphere('/idle'), path }, ...peers];
}

/** Servers that send no heartbeats of their own accord. */
const silent = ['Fastify', 'NestJS (ws)'];

export const idleJobs: readonly IdleJob[] = [
  ...subscribers.map((kind) => ({
    name: `idle-memory-${kind}`,
    about: `memory of an idle connection, ${nameOf[kind]}`,
    subscribers: kind,
    measures: 'memory' as const,
    contenders: contendersFor(kind),
    target: 1024,
  })),
  ...subscribers.map((kind) => ({
    name: `idle-cpu-${kind}`,
    about: `CPU of an idle connection, ${nameOf[kind]}`,
    subscribers: kind,
    measures: 'cpu' as const,
    contenders: contendersFor(kind).filter(({ name }) => !silent.includes(name)),
    target: 1.2,
  })),
];

/** What a browser says beside what the generator says itself. */
const browserHeaders = [
  'Pragma: no-cache',
  'Cache-Control: no-cache',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Origin: http://127.0.0.1',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9,de;q=0.8',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
]
  .map((line) => `${line}\r\n`)
  .join('');

type Figures = Pick<IdleFinding, 'heap' | 'resident' | 'micros'>;

/** Measures one job on all servers; the figures are the median of all rounds. */
export async function measureIdle(job: IdleJob, { rounds, peerRounds, cores }: Settings): Promise<IdleFinding[]> {
  const taken: Figures[][] = job.contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const taking = job.contenders.slice(0, round < peerRounds ? undefined : 2);
    const figures =
      job.measures === 'memory'
        ? await inTurn(taking, (contender) => memoryOf(contender, job, cores))
        : await cpuOf(taking, job, cores);
    figures.forEach((each, index) => taken[index]?.push(each));
  }
  return findingsOf(job, taken);
}

function findingsOf(job: IdleJob, taken: readonly Figures[][]): IdleFinding[] {
  const [base = []] = taken;
  return job.contenders.flatMap(({ name }, index) => {
    const own = taken[index] ?? [];
    if (own.length === 0) return [];
    return {
      job: job.name,
      about: job.about,
      server: name,
      ...middle(own),
      beyond: median(own.map((figures, round) => beyondOf(figures, base[round] ?? {}))),
      ...(index === 1 && { target: job.target }),
    };
  });
}

/** Of memory the larger difference: neither may hide in the other. */
function beyondOf({ micros, heap = 0, resident = 0 }: Figures, base: Figures): number {
  if (micros !== undefined) return micros / (base.micros ?? NaN);
  return Math.max(heap - (base.heap ?? NaN), resident - (base.resident ?? NaN));
}

/** The middle of each figure. */
function middle(rounds: readonly Figures[]): Figures {
  const keys = Object.keys(rounds[0] ?? {}) as (keyof Figures)[];
  return Object.fromEntries(keys.map((key) => [key, median(rounds.map((figures) => figures[key] ?? NaN))]));
}

async function inTurn<T, U>(all: readonly T[], each: (one: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const one of all) results.push(await each(one));
  return results;
}

/** How much more memory each connection takes, beyond those that the server had already. */
async function memoryOf(contender: Contender, job: IdleJob, cores: Cores | undefined): Promise<Figures> {
  // A small young generation, or its growth would be counted as memory of the connections.
  const peer = await PeerProcess.start(contender, cores?.server, ['--expose-gc', '--max-semi-space-size=1']);
  const generators: LoadGenerator[] = [];
  try {
    generators.push(await listeners(peer, contender, WARM_UP, job, cores));
    await pause(REST);
    const before = await peer.memory();
    generators.push(await listeners(peer, contender, CONNECTIONS, job, cores));
    await pause(REST);
    const after = await peer.memory();
    const each = (key: 'heap' | 'resident'): number => (after[key] - before[key]) / CONNECTIONS;
    return { heap: each('heap'), resident: each('resident') };
  } finally {
    await inTurn(generators, (generator) => generator.close());
    await peer.stop();
  }
}

/** A server that has all its connections. */
interface Standing {
  readonly peer: PeerProcess;
  /** When it got the last of them, as `performance` counts. */
  readonly since: number;
}

/** CPU of the servers, which stand idle side by side. */
async function cpuOf(contenders: readonly Contender[], job: IdleJob, cores: Cores | undefined): Promise<Figures[]> {
  const peers: PeerProcess[] = [];
  const standing: Standing[] = [];
  const generators: LoadGenerator[] = [];
  try {
    for (const contender of contenders) {
      const peer = await PeerProcess.start(contender, cores?.server, [KEEPS_MEMORY]);
      peers.push(peer);
      generators.push(await listeners(peer, contender, CONNECTIONS, job, cores));
      standing.push({ peer, since: performance.now() });
    }
    // The code that heartbeats run through is warm, and compiled, by then.
    const warm = performance.now() + 2 * INTERVAL;
    return await Promise.all(standing.map((each) => intervalOf(each, warm)));
  } finally {
    await inTurn(generators, (generator) => generator.close());
    await inTurn(peers, (peer) => peer.stop());
  }
}

/**
 * CPU of a server over one interval, in which every connection gets one heartbeat: from the middle of an interval, while none
 * is sent. At the ends of it they are, and a part of them would be counted twice, or not at all.
 */
async function intervalOf({ peer, since }: Standing, warm: number): Promise<Figures> {
  const intervals = Math.ceil((warm - since) / INTERVAL) + 0.5;
  await pause(since + intervals * INTERVAL - performance.now());
  const before = await peer.cpuMicros();
  await pause(INTERVAL);
  return { micros: ((await peer.cpuMicros()) - before) / CONNECTIONS / HEARTBEAT_SECONDS };
}

function listeners(
  { name, port }: PeerProcess,
  { path, dialect }: Contender,
  connections: number,
  { subscribers }: IdleJob,
  cores: Cores | undefined,
): Promise<LoadGenerator> {
  // A generator of echoes that is not told to run does nothing but read.
  const mode = { mode: 'echo', depth: 1, message: chatMessage(), headers: browserHeaders } as const;
  const { wrap: _, ...words } = dialect ?? { wrap: undefined };
  return LoadGenerator.connect(name, { ...mode, port, path, connections, subscribers, ...words }, cores?.generator);
}
