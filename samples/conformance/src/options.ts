import type { ServeOptions } from '@ionosphere/server';
import { parseArgs } from 'node:util';

const defaultPort = 9100;

export const help = `Serves /echo, /fan, /chat, /room/{room}, /bin and /ws-echo, and control over HTTP under /-/ (see README.md).

  --port <n>                      default ${defaultPort}; 0 takes a free one
  --host <address>                default 127.0.0.1
  --grpc-port <n>                 serve gRPC too; 0 takes a free one. Default: it is not served
  --heartbeat-seconds <n>         the server's heartbeat, when a connection is idle; 0 for none
  --client-heartbeat-seconds <n>  what clients are asked for; 0 for none
  --max-message-bytes <n>
  --recovery-seconds <n>          how long a resource whose connection broke may take to come back
  --poll-grace-seconds <n>        how long a polling resource may take to poll again
  --tls-key <file>, --tls-cert <file>  serve over TLS; PEM, both or none
  --limits                        the limits of an open server; without it there are none on connections and rates
  --help
`;

/** Options of the command line that are settings of the framework, and the smallest value each may have. */
const settings = {
  'heartbeat-seconds': { key: 'heartbeatSeconds', least: 0 },
  'client-heartbeat-seconds': { key: 'clientHeartbeatSeconds', least: 0 },
  'recovery-seconds': { key: 'recoverySeconds', least: 0 },
  'poll-grace-seconds': { key: 'pollGraceSeconds', least: 0 },
} as const;

/** Foreign suites open as many connections from one address, and send as fast, as they can. */
const unlimited: ServeOptions['limits'] = {
  maxConnections: 0,
  maxConnectionsPerAddress: 0,
  maxResources: 0,
  maxSubscriptions: 0,
  rateLimitMessages: 0,
  handshakesPerSecond: 0,
};

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** What the command line asks for: a server, or only the help. Throws an error whose message is for the user. */
export function readOptions(args: readonly string[]): ServeOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: text,
      'grpc-port': text,
      host: text,
      'heartbeat-seconds': text,
      'client-heartbeat-seconds': text,
      'max-message-bytes': text,
      'recovery-seconds': text,
      'poll-grace-seconds': text,
      'tls-key': text,
      'tls-cert': text,
      limits: flag,
      help: flag,
    },
  });
  if (values.help) return 'help';
  const names = Object.keys(settings) as (keyof typeof settings)[];
  const config = names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[settings[name].key, numberOf(name, value, settings[name].least)]];
  });
  const bytes = values['max-message-bytes'];
  const { port = String(defaultPort), host = '127.0.0.1', 'tls-key': key, 'tls-cert': cert } = values;
  const { 'grpc-port': grpcPort } = values;
  if ((key === undefined) !== (cert === undefined)) throw new Error('--tls-key and --tls-cert belong together');
  return {
    port: portOf('port', port),
    host,
    ...(grpcPort !== undefined && { grpc: { port: portOf('grpc-port', grpcPort), host } }),
    config: Object.fromEntries(config) as ServeOptions['config'],
    limits: {
      ...(values.limits ? {} : unlimited),
      ...(bytes !== undefined && { maxMessageBytes: numberOf('max-message-bytes', bytes, 1) }),
    },
    ...(key !== undefined && cert !== undefined && { tls: { key, cert } }),
  };
}

function numberOf(name: string, value: string, least: number): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < least)
    throw new Error(`--${name} is "${value}"; it must be a number from ${least}`);
  return number;
}

function portOf(name: string, value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535)
    throw new Error(`--${name} is "${value}"; it must be a whole number from 0 to 65535`);
  return Number(value);
}
