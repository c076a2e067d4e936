import {
  clientQuery,
  ionosphere,
  nodeHttp,
  raw,
  socketIoPeers,
  webSocketPeers,
  type Contender,
  type JobKind,
} from './contenders';
import type { LoadOptions } from './load-generator';

/** One line of work that is measured: the same load on each contender, in the same run. */
export interface Job {
  readonly name: string;
  /** In few words: they are in the picture too. */
  readonly about: string;
  /** What a cost is counted per. */
  readonly unit: 'message' | 'delivery' | 'connect';
  /** What is done with a message. */
  readonly kind: JobKind;
  readonly load: Pick<LoadOptions, 'mode' | 'connections' | 'depth' | 'subscribers' | 'copies'>;
  /** Bytes of the JSON chat message that is sent. Default 128. */
  readonly messageBytes?: number;
  /** How many more listeners were there, lost their connection, and may come back. Default: none. */
  readonly away?: number;
  /** Messages, broadcasts or connects of one turn: about a tenth of a second of work for the base. */
  readonly count: number;
  /** What the others are compared with. It runs twice in each round; its ratio to itself shows the noise. */
  readonly base: Contender;
  readonly framework: Contender;
  /** Other servers that do the job: far enough from it for fewer rounds. */
  readonly peers: readonly Contender[];
  /** The ratio that the framework must not exceed. Default: none is set. */
  readonly target?: number;
}

/** A chat message with the mark that the load generator counts. */
export function chatMessage(bytes = 128): string {
  const text = (message: string): string => JSON.stringify({ author: 'bench', message });
  return text('^'.padEnd(bytes - text('').length, 'abcdefghijklmnopqrstuvwxyz '));
}

function echo(depth: number, count: number): Job {
  return {
    name: `echo-${depth}`,
    about: `echo, 64 WebSockets, depth ${depth}`,
    unit: 'message',
    kind: 'echo',
    load: { mode: 'echo', connections: 64, depth },
    count,
    base: raw('websocket', '/echo'),
    framework: ionosphere('/echo'),
    peers: webSocketPeers('echo'),
    target: 1.08,
  };
}

/** Subscribers of a fan-out whose name does not tell how many. */
const SUBSCRIBERS = 1000;

/** A fan-out with everything that clients of the framework have by default; peers send the bare message. */
export function fan(depth: number, count: number, connections = SUBSCRIBERS): Job {
  return {
    name: connections === SUBSCRIBERS ? `fan-${depth}` : `fan-${connections}-${depth}`,
    about: `fan-out to ${connections} WebSockets, ${depth} in flight`,
    unit: 'delivery',
    kind: 'fan',
    load: { mode: 'fan', connections, depth },
    count,
    base: raw('websocket', '/fan-framed'),
    framework: ionosphere('/fan', 'websocket', true),
    peers: webSocketPeers('fan'),
    target: 1.05,
  };
}

const fanPlain: Job = {
  ...fan(8, 80),
  name: 'fan-plain',
  about: 'fan-out to 1000 plain WebSockets, 8 in flight',
  base: raw('websocket', '/fan'),
  framework: ionosphere('/fan'),
  peers: [],
};

const skipSelf: Job = {
  ...fan(8, 80),
  name: 'skip-self',
  about: 'fan-out to all but the sender, 8 in flight',
  kind: 'skip-self',
  base: raw('websocket', '/skip-self'),
  framework: ionosphere('/skip-self', 'websocket', true),
  peers: webSocketPeers('skip-self'),
  target: 1.1,
};

const sse: Job = {
  name: 'sse',
  about: 'fan-out to 1000 SSE readers, 2 in flight',
  unit: 'delivery',
  kind: 'fan',
  load: { mode: 'fan', connections: 1000, depth: 2, subscribers: 'sse' },
  count: 30,
  base: { ...raw('mixed', '/sse'), publishPath: '/events' },
  framework: ionosphere('/fan', 'sse'),
  peers: [nodeHttp('/sse')],
  target: 1.1,
};

/**
 * Where raw uWebSockets.js and Node's http are polled. Each message is asked for by a request of its own, so theirs say all
 * that those of the framework's clients say.
 */
const polls = `/polls?${clientQuery('long-polling', true)}`;

const polling: Job = {
  name: 'polling',
  about: 'fan-out to 1000 pollers, 1 in flight',
  unit: 'delivery',
  kind: 'fan',
  load: { mode: 'fan', connections: 1000, depth: 1, subscribers: 'poll' },
  count: 12,
  base: { ...raw('mixed', polls), publishPath: '/messages' },
  framework: ionosphere('/fan', 'long-polling', true),
  peers: [nodeHttp(polls)],
  target: 1.15,
};

/** The audience besides 1000 WebSockets. */
function mixedAudience(sse: string, stream: string, poll: string): string[] {
  return [`sse 1000 ${sse}`, `stream 200 ${stream}`, `poll 200 ${poll}`];
}

const mixed: Job = {
  name: 'mixed',
  about: 'fan-out on four transports, 1 in flight',
  unit: 'delivery',
  kind: 'fan',
  load: { mode: 'fan', connections: 1000, depth: 1 },
  count: 12,
  base: { ...raw('mixed', '/mixed'), also: mixedAudience('/sse', '/stream', polls) },
  framework: {
    ...ionosphere('/fan', 'websocket', true),
    also: mixedAudience(
      `/fan?${clientQuery('sse', true)}`,
      `/fan?${clientQuery('streaming', true)}`,
      `/fan?${clientQuery('long-polling', true)}`,
    ),
  },
  peers: [{ ...nodeHttp('/listen'), also: mixedAudience('/sse', '/stream', polls) }],
  target: 1.15,
};

/**
 * Broadcasts to rooms of ten clients each.
 *
 * @param perMessage how many rooms are broadcast to for each message of the publisher
 */
export function rooms(count: number, clients: number, perMessage: number): Job {
  const args = [count, clients, perMessage].map(String);
  const ownPaths = { path: '/rooms', publishPath: '/publish', args };
  return {
    name: 'rooms',
    about: `${count} broadcasters, 10 subscribers each`,
    unit: 'delivery',
    kind: 'rooms',
    load: { mode: 'fan', connections: clients, depth: 1, copies: (perMessage * 10) / clients },
    count: 1,
    base: { ...raw('rooms', '/rooms'), ...ownPaths },
    framework: { ...ionosphere('/rooms'), program: 'dist/peers/ionosphere-rooms.js', args, publishPath: '/publish' },
    peers: [{ name: 'ws', program: 'peers/ws.mjs', ...ownPaths }, ...socketIoPeers(args)],
    target: 1.2,
  };
}

export const connect: Job = {
  name: 'connect',
  about: 'connect, handshake, first message, goodbye',
  unit: 'connect',
  kind: 'echo',
  load: { mode: 'connect', connections: 32, depth: 1 },
  count: 1600,
  // As with polls: the handshake is a request.
  base: raw('websocket', `/echo?${clientQuery('websocket', false)}`),
  framework: ionosphere('/echo'),
  peers: webSocketPeers('echo'),
  target: 1.5,
};

function grpc(name: string, about: string, load: Job['load'], count: number): Job {
  const kind = load.mode === 'fan' ? 'fan' : 'echo';
  const own = { path: `/${kind}` };
  return {
    name,
    about,
    unit: kind === 'fan' ? 'delivery' : 'message',
    kind,
    load: { ...load, subscribers: 'grpc' },
    count,
    base: { ...own, name: 'bare grpc-js', program: 'dist/peers/raw-grpc.js' },
    framework: { ...own, name: 'Ionosphere', program: 'dist/peers/ionosphere-grpc.js' },
    peers: [],
    target: 1.15,
  };
}

const grpcJobs = [
  grpc('grpc-echo', 'gRPC echo, 32 streams, depth 1', { mode: 'echo', connections: 32, depth: 1 }, 20_000),
  grpc('grpc-fan', 'gRPC fan-out to 100 streams, 1 in flight', { mode: 'fan', connections: 100, depth: 1 }, 30),
];

/** All there is to measure, in the order of the report. */
export const jobs: readonly Job[] = [
  echo(1, 12_000),
  echo(8, 36_000),
  fan(1, 24),
  fan(8, 80),
  fan(16, 240),
  fan(1, 5, 5000),
  fan(8, 16, 5000),
  fan(16, 48, 5000),
  fanPlain,
  skipSelf,
  mixed,
  sse,
  polling,
  rooms(10_000, 10_000, 10_000),
  connect,
  ...grpcJobs,
];
