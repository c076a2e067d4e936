import type { LoadOptions } from './load-generator';

/** A server that does the job. */
export interface Contender {
  readonly name: string;
  /** Module in `peers/`. */
  readonly module: string;
  /** Where the job is done, query included. */
  readonly path: string;
  /** Where the publisher of a fan-out connects. Default: `path`. */
  readonly publishPath?: string;
}

/** One line of work that is measured: the same load on each contender, in the same run. */
export interface Job {
  readonly name: string;
  readonly about: string;
  /** What a cost is counted per. */
  readonly unit: 'message' | 'delivery' | 'connect';
  readonly load: Pick<LoadOptions, 'mode' | 'connections' | 'depth' | 'subscribers'>;
  /** Messages, broadcasts or connects of one round: about a tenth of a second of work for the base. */
  readonly count: number;
  /** What the others are compared with. It runs twice in each round; its ratio to itself shows the noise. */
  readonly base: Contender;
  readonly others: readonly Contender[];
  /** The ratio that the framework must not exceed. Default: none is set. */
  readonly target?: number;
}

/** Bytes of the JSON chat message that is sent. */
const MESSAGE_BYTES = 128;

/** A chat message with the mark that the load generator counts. */
export function chatMessage(bytes = MESSAGE_BYTES): string {
  const text = (message: string): string => JSON.stringify({ author: 'bench', message });
  return text('^'.padEnd(bytes - text('').length, 'abcdefghijklmnopqrstuvwxyz '));
}

/** What `atmosphere.js` puts into its URLs. */
export function clientQuery(transport: string, framed: boolean): string {
  return [
    'X-Atmosphere-Framework=5.0.7',
    `X-Atmosphere-Transport=${transport}`,
    ...(framed ? ['X-Atmosphere-TrackMessageSize=true'] : []),
    'X-atmo-protocol=true',
  ].join('&');
}

const raw = (module: string, path: string): Contender => ({ name: 'raw uWebSockets.js', module, path });

function ionosphere(path: string, transport = 'websocket', framed = false): Contender {
  return {
    name: 'Ionosphere',
    module: 'ionosphere',
    path: `${path}?${clientQuery(transport, framed)}`,
    publishPath: `${path}?${clientQuery('websocket', framed)}`,
  };
}

const webSocket = 'raw-websocket';

function echo(depth: number, count: number, target?: number): Job {
  return {
    name: `echo-${depth}`,
    about: `echo, 64 WebSockets, depth ${depth}`,
    unit: 'message',
    load: { mode: 'echo', connections: 64, depth },
    count,
    base: raw(webSocket, '/echo'),
    others: [ionosphere('/echo')],
    target,
  };
}

function fan(depth: number, count: number, framed: boolean): Job {
  return {
    name: `fan${framed ? '-framed' : ''}-${depth}`,
    about: `fan-out to 1000 WebSockets, ${depth} in flight${framed ? ', TrackMessageSize' : ''}`,
    unit: 'delivery',
    load: { mode: 'fan', connections: 1000, depth },
    count,
    base: raw(webSocket, framed ? '/fan-framed' : '/fan'),
    others: [ionosphere('/fan', 'websocket', framed)],
    target: 1.15,
  };
}

const connect: Job = {
  name: 'connect',
  about: 'connect, handshake, first message, goodbye',
  unit: 'connect',
  load: { mode: 'connect', connections: 32, depth: 1 },
  count: 1600,
  base: raw(webSocket, '/echo'),
  others: [ionosphere('/echo')],
};

const sse: Job = {
  name: 'sse',
  about: 'fan-out to 1000 SSE readers, 2 in flight',
  unit: 'delivery',
  load: { mode: 'fan', connections: 1000, depth: 2, subscribers: 'sse' },
  count: 30,
  base: raw('raw-sse', '/fan'),
  others: [ionosphere('/fan', 'sse')],
};

const polling: Job = {
  name: 'polling',
  about: 'fan-out to 1000 pollers, 1 in flight, TrackMessageSize',
  unit: 'delivery',
  load: { mode: 'fan', connections: 1000, depth: 1, subscribers: 'poll' },
  count: 12,
  base: raw('raw-polling', '/fan'),
  others: [ionosphere('/fan', 'long-polling', true)],
};

/** All there is to measure, in the order of the report. */
export const jobs: readonly Job[] = [
  echo(1, 12_000),
  echo(8, 36_000, 1.25),
  ...[false, true].flatMap((framed) => [
    fan(1, 24, framed),
    fan(2, 30, framed),
    fan(8, 80, framed),
    fan(16, 240, framed),
  ]),
  sse,
  polling,
  connect,
];

/**
 * Those that the words name, whole or by how they begin, in the order of the table; all when there is no word. Throws on a
 * word that names none.
 */
export function chosenFrom<T extends { readonly name: string }>(
  all: readonly T[],
  words: readonly string[],
): readonly T[] {
  if (words.length === 0) return all;
  const chosen = new Set(words.flatMap((word) => named(all, word)));
  return all.filter((job) => chosen.has(job));
}

function named<T extends { readonly name: string }>(all: readonly T[], word: string): readonly T[] {
  const exact = all.filter(({ name }) => name === word);
  const found = exact.length > 0 ? exact : all.filter(({ name }) => name.startsWith(word));
  if (found.length === 0)
    throw new RangeError(`There is no job "${word}"; known are ${all.map(({ name }) => name).join(', ')}`);
  return found;
}
