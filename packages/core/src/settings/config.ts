import { readStrings, type Stated } from './application-config';
import { DeclarationError } from '../errors';
import type { LifeCyclePolicy } from '../broadcaster/life-cycle';
import { isLimit, limitTable, type Limits } from '../limits/limits';
import type { BroadcasterName, CacheName, FilterName, InterceptorName, WebSocketProtocolName } from './class-names';
import { didYouMean } from './nearest';
import { shown } from './shown';
import { settings, type Setting } from './table';
import type { SlowClientPolicy } from '../resource/slow-clients';

/**
 * Settings, of an app or of one service. All have safe defaults; docs/configuration.md has the table, with Atmosphere's
 * names. Those that say "of the app" are the same for all services. Limits are said under `limits`, all others under `config`.
 */
export interface Config extends Limits {
  /** How long nothing may be written to a connection before the server sends a heartbeat, in seconds; 0 sends none. */
  readonly heartbeatSeconds: number;
  /** How often clients with the protocol are to send a heartbeat, in seconds; 0 asks for none. */
  readonly clientHeartbeatSeconds: number;
  /** Text of a heartbeat, in both directions. */
  readonly heartbeatPadding: string;
  /** Whether a heartbeat answers a poll. If not, it is written and the poll goes on. */
  readonly resumeOnHeartbeat: boolean;
  /** Stands between a length and its text, and between the fields of a handshake; the client must be told the same. */
  readonly messageDelimiter: string;
  /** Content types that get no length in front: a client whose content type contains one of them is left alone. */
  readonly excludedContentTypes: readonly string[];
  /** Whether clients with the protocol that are older than version 2.2.1 are refused. */
  readonly enforceProtocolVersion: boolean;
  /** Whether the query may bring what the headers of the protocol say: browsers can send it in no other way. Of the app. */
  readonly queryAsHeaders: boolean;
  /** Whether `request.query` has the parameters of the protocol as well. Of the app. */
  readonly protocolInQuery: boolean;

  /** Whether WebSocket is served. If not, its handshakes are refused with 501, and clients take another transport. */
  readonly webSocketSupport: boolean;
  /** Whether WebSockets of pages from elsewhere are refused, but for `allowedOrigins`. */
  readonly requireSameOrigin: boolean;
  /** What becomes of the messages of a WebSocket: a service handles them or, with `EchoProtocol`, they are broadcast as they are. */
  readonly webSocketProtocol: WebSocketProtocolName;
  /** Content type of a WebSocket whose client names none. */
  readonly webSocketContentType: string;
  /** Whether interceptors see the messages of a WebSocket. */
  readonly interceptWebSocketMessages: boolean;

  /** Whether WebSocket messages are compressed (permessage-deflate, RFC 7692). Costs the work again for each receiver. */
  readonly compression: boolean;

  /**
   * The proxies in front of the server, which are believed when they say where a client comes from: how many there are one
   * behind the other, or their addresses and networks (`10.0.0.0/8`); 0: none. Of the app.
   */
  readonly trustProxy: number | readonly string[];
  /** Header in which they say it; no other is looked at, because clients can send what a proxy lets pass. Of the app. */
  readonly forwardedHeader: 'x-forwarded-for' | 'forwarded';

  /** How long a resource whose connection broke may take to come back, in seconds. */
  readonly recoverySeconds: number;
  /** How long `AtmosphereResourceStateRecovery` remembers what a resource had that did not come back in time, in seconds. */
  readonly stateRecoverySeconds: number;
  /** How long a polling resource may take to poll again, in seconds. */
  readonly pollGraceSeconds: number;
  /** How long a resource that was accepted may take to attach its first connection, in seconds. */
  readonly connectSeconds: number;
  /** After how long a connected resource is resumed by itself, in seconds; 0: never. */
  readonly suspendSeconds: number;
  /** HTTP methods by which clients may connect. With POST, those before version 5 may connect by it when they name a transport. */
  readonly connectMethods: readonly ('GET' | 'POST')[];
  /** Whether a resource is resumed when it got a broadcast. A poll ends with it in any case. */
  readonly resumeOnBroadcast: boolean;

  /** Class of broadcasters, where neither the service nor the caller names one. */
  readonly broadcaster: BroadcasterName;
  /** Class of their logs, where the service names none. */
  readonly broadcasterCache: CacheName;
  /** What happens to a broadcaster that nobody is subscribed to, or that is silent. */
  readonly broadcasterLifeCyclePolicy: LifeCyclePolicy;
  /** After how long without a message a broadcaster is idle, for that policy, in seconds. */
  readonly broadcasterIdleSeconds: number;
  /** How many messages a broadcaster remembers for resources that are away. */
  readonly logMessages: number;
  /** How much a broadcaster remembers, in bytes (UTF-16 code units of text). */
  readonly logBytes: number;
  /** How long a broadcaster remembers a message, in seconds. */
  readonly logSeconds: number;
  /** How often the logs of silent broadcasters are rid of what is too old, in seconds. Of the app. */
  readonly logSweepSeconds: number;
  /** How long an instance of a path template is kept when nobody is connected to it, in seconds. */
  readonly endpointIdleSeconds: number;

  /**
   * What a client gets when it comes back, of which it is not proven whether it has got it already: nothing, so that
   * nothing comes twice, or all of it, so that nothing is lost. Clients that say where they are get exactly what they miss.
   */
  readonly delivery: 'at-most-once' | 'at-least-once';
  /** How often `at-least-once` looks for a proof that what was written has arrived, in seconds. */
  readonly proofSeconds: number;
  /**
   * What is done for clients that do not keep up: `lag`, they get all from the log, later; `drop-oldest`, `drop-newest`, the
   * newest or the oldest `slowClientMessages`, and no more; `disconnect`, they are cut off when more than that wait.
   */
  readonly slowClients: SlowClientPolicy;
  /** How many messages may pile up for a slow client, for the policies that have a limit. */
  readonly slowClientMessages: number;
  /** How long a connection may be full without its peer reading anything before it is cut off, in seconds. */
  readonly slowClientSeconds: number;

  /** Origins of pages that may connect besides the server's own; `*` stands for all. */
  readonly allowedOrigins: readonly string[];
  /** Whether answers say which pages may read them (CORS). Without, none from elsewhere may. */
  readonly accessControlHeaders: boolean;
  /** Whether answers say that they must not be stored. */
  readonly cacheHeaders: boolean;
  /** Query parameter in which the `AuthInterceptor` finds a token, unless it was given another. Of the app. */
  readonly authParameter: string;
  /** Names of filters of this package, before all others. */
  readonly enableFilters: readonly FilterName[];
  /** Names of interceptors of this package, besides those that are standard. */
  readonly enableInterceptors: readonly InterceptorName[];
  /** Names of standard interceptors to do without. */
  readonly disableInterceptors: readonly InterceptorName[] | 'all';
  /** What happens to properties that a message's class does not declare. */
  readonly unknownKeys: 'reject' | 'strip';
}

/** What `config` takes. */
export type ConfigOptions = Partial<Omit<Config, keyof Limits>>;

/** What an app, or a service, says of settings. */
export interface Chosen {
  readonly config?: ConfigOptions | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** All that was chosen. Throws when one of the two says what belongs into the other: each setting has one place. */
export function chosenIn({ config = {}, limits = {} }: Chosen): Partial<Config> {
  for (const name of Object.keys(config))
    if (isLimit(name))
      throw new DeclarationError(`${name} is a limit; say it under limits: { limits: { ${name}: ... } }`);
  for (const name of Object.keys(limits)) {
    if (isLimit(name)) continue;
    const mend = Object.hasOwn(table, name)
      ? `say it under config: { config: { ${name}: ... } }`
      : mendOf(name, limitTable, 'docs/limits.md');
    throw new DeclarationError(`There is no limit "${name}"; ${mend}`);
  }
  return { ...config, ...limits };
}

/** The name that may have been meant, if one is near, and where to find all. */
function mendOf(name: string, known: object, where: string): string {
  const all = `${where} has all`;
  const mend = didYouMean(name, Object.keys(known));
  return mend === undefined ? all : `${mend} ${all}`;
}

const table: Readonly<Record<string, Setting<unknown>>> = settings;

/** What holds when nothing is said. */
export const defaultConfig = Object.freeze(
  Object.fromEntries(Object.entries(table).map(([name, { value }]) => [name, value])),
) as unknown as Config;

/**
 * A base, or the defaults, with what the user chose. Throws on a value that can't work.
 *
 * @param atmosphere the same as Atmosphere's strings, `key=value`; what is chosen goes before them
 * @param base the app's settings, when those of a service are wanted
 */
export function configure(chosen: Partial<Config> = {}, atmosphere: readonly string[] = [], base?: Config): Config {
  const given = new Map<string, unknown>();
  // Of one key the last string counts; several keys may be one setting.
  for (const { name, value, said } of new Map(readStrings(atmosphere).map((stated) => [stated.key, stated])).values()) {
    check(name, value, base !== undefined, said);
    given.set(name, given.has(name) ? stricter(given.get(name), value) : value);
  }
  for (const [name, value] of Object.entries(chosen)) {
    if (value === undefined) continue;
    check(name, value, base !== undefined);
    given.set(name, value);
  }
  const config: Config = { ...(base ?? defaultConfig), ...(Object.fromEntries(given) as Partial<Config>) };
  if (config.heartbeatPadding.includes(config.messageDelimiter)) {
    throw new DeclarationError(
      `heartbeatPadding "${config.heartbeatPadding}" contains the messageDelimiter "${config.messageDelimiter}"; the handshake could not be read`,
    );
  }
  return config;
}

function check(name: string, value: unknown, ofService: boolean, said?: Stated['said']): void {
  const setting = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!setting) {
    throw new DeclarationError(`There is no setting "${name}"; ${mendOf(name, table, 'docs/configuration.md')}`);
  }
  if (ofService && setting.appWide)
    throw new DeclarationError(`Setting ${name} is the same for all services; give it to the application`);
  if (setting.is.accepts(value)) return;
  const subject =
    said === undefined ? `Setting ${name} is ${shown(value)}` : `"${said}" sets ${name} to ${shown(value)}`;
  throw new DeclarationError(`${subject}; it must be ${setting.is.wanted}`);
}

/** What holds of two keys for one setting: the smaller bound. */
function stricter(one: unknown, other: unknown): unknown {
  if (typeof one === 'number' && typeof other === 'number') return Math.min(one, other);
  return one === 'all' ? one : other;
}
