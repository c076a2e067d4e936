/** A server that does a job. */
export interface Contender {
  readonly name: string;
  /** Its program, from the folder of the bench. */
  readonly program: string;
  /** Words for the program. Default: none. */
  readonly args?: readonly string[];
  /** Where the job is done, query included. `{}` stands for a number that no two clients share. */
  readonly path: string;
  /** Where the publisher of a fan-out connects. Default: `path`. */
  readonly publishPath?: string;
  /** Listeners of a fan-out besides those of the job: kind, number, path. Default: none. */
  readonly also?: readonly string[];
  /** How its clients talk. Default: each message is sent as it is. */
  readonly dialect?: Dialect;
}

/** What clients of a library say besides the messages themselves. */
export interface Dialect {
  /** What is sent for a message, a JSON text, of a job. */
  readonly wrap: (json: string, job: JobKind) => string;
  /** What a client says when it is connected, and what is in the answer to it. */
  readonly greeting?: string;
  readonly greeted?: string;
  /** A message that only asks whether the client is there, and what it answers. */
  readonly ping?: string;
  readonly pong?: string;
}

/** What is done with a message, or that there is none. */
export type JobKind = 'echo' | 'fan' | 'skip-self' | 'rooms' | 'idle';

/** What `atmosphere.js` puts into its URLs. */
export function clientQuery(transport: string, framed: boolean): string {
  return [
    'X-Atmosphere-Framework=5.0.7',
    `X-Atmosphere-Transport=${transport}`,
    ...(framed ? ['X-Atmosphere-TrackMessageSize=true'] : []),
    'X-atmo-protocol=true',
  ].join('&');
}

export function raw(program: string, path: string): Contender {
  return { name: 'raw uWebSockets.js', program: `dist/peers/raw-${program}.js`, path };
}

/** The framework, with clients that speak its protocol; `framed`: with a length in front of each message. */
export function ionosphere(path: string, transport = 'websocket', framed = false): Contender {
  return {
    name: 'Ionosphere',
    program: 'dist/peers/ionosphere.js',
    path: `${path}?${clientQuery(transport, framed)}`,
    publishPath: `${path}?${clientQuery('websocket', framed)}`,
  };
}

const socketIo: Dialect = {
  wrap: (json, job) => `42["${job}",${json}]`,
  greeting: '40',
  greeted: '40{',
  ping: '2',
  pong: '3',
};
const SOCKET_IO_PATH = '/socket.io/?EIO=4&transport=websocket';

const nest: Dialect = { wrap: (json) => `{"event":"message","data":${json}}` };

const sockJs: Dialect = { wrap: (json) => JSON.stringify([json]) };

/** Who else serves WebSockets, and does a job with their messages. */
export function webSocketPeers(job: Exclude<JobKind, 'rooms'>): Contender[] {
  const path = `/${job}`;
  return [
    { name: 'ws', program: 'peers/ws.mjs', path },
    { name: 'Fastify', program: 'peers/fastify.mjs', path },
    ...socketIoPeers(),
    { name: 'NestJS (ws)', program: 'peers/nest.mjs', path, dialect: nest },
    { name: 'SockJS', program: 'peers/sockjs.mjs', path: `${path}/000/{}/websocket`, dialect: sockJs },
  ];
}

export function socketIoPeers(args: readonly string[] = []): Contender[] {
  const common = {
    program: 'peers/socket.io.mjs',
    path: SOCKET_IO_PATH,
    publishPath: `${SOCKET_IO_PATH}&publish=1`,
    dialect: socketIo,
  };
  return [
    { ...common, name: 'socket.io (ws)', args: [...args, 'ws'] },
    { ...common, name: 'socket.io (uWS)', args: [...args, 'uws'] },
  ];
}

/** Node's own http, with a publisher over ws. */
export function nodeHttp(path: string): Contender {
  return { name: 'Node http', program: 'peers/node-http.mjs', path, publishPath: '/publish' };
}
