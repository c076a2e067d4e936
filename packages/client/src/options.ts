import type { Environment } from './environment';
import { ClientError } from './errors';

/** The ways in which the client can be connected, the best first. */
export const TRANSPORTS = ['websocket', 'sse', 'streaming', 'long-polling'] as const;
export type ClientTransport = (typeof TRANSPORTS)[number];
/** Those, and what another package brings. */
export type LinkName = ClientTransport | 'grpc';

/** How a client connects. */
export interface ConnectOptions {
  /** Transports to use, the best first. Default: websocket, sse, streaming, long-polling. */
  readonly transports?: readonly ClientTransport[];
  /** How messages look: `json` writes all but text and bytes as JSON and reads what is JSON; `text` reads texts as they are. Default `json`. */
  readonly format?: 'json' | 'text';
  /** Query parameters for each connect and POST, such as a token: an object, or a function that makes one. Default: none. */
  readonly parameters?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** Headers of HTTP requests; a browser's WebSocket takes none. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether requests to another origin carry cookies. Default `same-origin`. */
  readonly credentials?: 'omit' | 'same-origin' | 'include';
  /** How long one transport may take to be connected, in seconds. Default 5. */
  readonly connectSeconds?: number;
  /** How long nothing may be heard before a connection counts as lost, in seconds; more than the server's heartbeat. Default 150. */
  readonly silenceSeconds?: number;
  /** How long the first wait before another try is, in seconds; it doubles. Default 0.5. */
  readonly retrySeconds?: number;
  /** The longest wait before another try, in seconds. Default 30. */
  readonly maxRetrySeconds?: number;
  /** How often all transports are tried in a row before the client gives up. Default: for ever. */
  readonly maxAttempts?: number;
  /** How long after a connection a better transport is tried in the background, in seconds; it doubles up to ten minutes. 0: never. Default 30. */
  readonly upgradeSeconds?: number;
  /** How long the transport that got through is remembered, in seconds. 0: not at all. Default 3600. */
  readonly rememberSeconds?: number;
  /** How many messages may wait to be sent, or for their replies. Default 1000. */
  readonly outboxSize?: number;
  /** How long a request waits for its reply, in seconds. Default 30. */
  readonly requestSeconds?: number;
  /** Whether all tabs of a browser share one connection to the same URL. Default false. */
  readonly shared?: boolean;
}

/** Options, checked and complete. */
export type Settings = Required<Omit<ConnectOptions, 'parameters' | 'transports'>> & {
  readonly transports: readonly LinkName[];
  readonly url: URL;
  readonly parameters: () => Readonly<Record<string, string>>;
};

const numbers = {
  connectSeconds: 5,
  silenceSeconds: 150,
  retrySeconds: 0.5,
  maxRetrySeconds: 30,
  maxAttempts: Infinity,
  upgradeSeconds: 30,
  rememberSeconds: 3600,
  outboxSize: 1000,
  requestSeconds: 30,
} as const;
/** What may be 0. */
const optional = new Set(['upgradeSeconds', 'rememberSeconds']);

const others = { format: 'json', headers: {}, credentials: 'same-origin', shared: false } as const;
const choices = { format: ['json', 'text'], credentials: ['omit', 'same-origin', 'include'], shared: [true, false] };

const known = new Set([...Object.keys(numbers), ...Object.keys(others), 'transports', 'parameters']);

/** Checks the options. Throws a `ClientError` with `bad-option`. */
export function settingsOf(url: string | URL, options: ConnectOptions, environment: Environment): Settings {
  if (Object(options) !== options) bad(`the options are ${show(options)}; give an object`);
  for (const name of Object.keys(options))
    if (!known.has(name)) bad(`there is no option "${name}"; there are ${[...known].join(', ')}`);
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as ConnectOptions;
  const settings = { ...numbers, ...others, transports: TRANSPORTS, ...given };
  for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) {
    const value: unknown = settings[name];
    if (typeof value !== 'number' || !(value > 0 || (value === 0 && optional.has(name))))
      bad(`${name} is ${show(value)}; it must be a number above 0${optional.has(name) ? ', or 0 for never' : ''}`);
  }
  for (const [name, allowed] of Object.entries(choices)) {
    const value: unknown = settings[name as keyof typeof choices];
    if (!(allowed as unknown[]).includes(value)) bad(`${name} is ${show(value)}; it must be ${allowed.join(' or ')}`);
  }
  const { transports, headers, parameters = {} } = settings;
  if (Object(parameters) !== parameters)
    bad(`parameters is ${show(parameters)}; it must be an object, or a function that gives one`);
  try {
    new Headers(headers);
  } catch (error) {
    bad(`headers can't be sent: ${(error as Error).message}`);
  }
  if (!Array.isArray(transports) || transports.length === 0)
    bad(`transports is ${show(transports)}; name at least one`);
  for (const name of transports as readonly ClientTransport[])
    if (!TRANSPORTS.includes(name)) bad(`transports has ${show(name)}; there are ${TRANSPORTS.join(', ')}`);
  return {
    ...settings,
    url: urlOf(url, environment.base),
    parameters: typeof parameters === 'function' ? parameters : () => parameters,
  };
}

function urlOf(url: string | URL, base: string | undefined): URL {
  let parsed: URL;
  try {
    parsed = new URL(url, base);
  } catch (cause) {
    throw new ClientError('bad-option', `connect: "${String(url)}" is no URL; write it as https://example.org/chat`, {
      cause,
    });
  }
  parsed.protocol = parsed.protocol.replace(/^ws/, 'http');
  if (!/^https?:$/.test(parsed.protocol))
    bad(`the URL begins with ${parsed.protocol}; it must be http, https, ws or wss`);
  parsed.hash = '';
  return parsed;
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

function bad(text: string): never {
  throw new ClientError('bad-option', `connect: ${text}`);
}
