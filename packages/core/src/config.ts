import { DeclarationError } from './errors';

/** Settings of an app. All have safe defaults; docs/configuration.md has the table. */
export interface Config {
  /** How long nothing may be written to a connection before the server sends a heartbeat, in seconds; 0 sends none. */
  readonly heartbeatSeconds: number;
  /** How often clients with the protocol are to send a heartbeat, in seconds; 0 asks for none. */
  readonly clientHeartbeatSeconds: number;
  /** Text of a heartbeat, in both directions. */
  readonly heartbeatPadding: string;
  /** Stands between a length and its text, and between the fields of a handshake; the client must be told the same. */
  readonly messageDelimiter: string;
  /** How long a resource whose connection broke may take to come back, in seconds. */
  readonly recoverySeconds: number;
  /** How long a polling resource may take to poll again, in seconds. */
  readonly pollGraceSeconds: number;
  /** How long a resource that was accepted may take to attach its first connection, in seconds. */
  readonly connectSeconds: number;
  /** Largest message from a client, in bytes. */
  readonly maxMessageBytes: number;
  /** How many messages of one resource may wait while an earlier one is handled. */
  readonly maxPendingMessages: number;
  /** How many messages a broadcaster remembers for resources that are away. */
  readonly logMessages: number;
  /** How much a broadcaster remembers, in bytes (UTF-16 code units of text). */
  readonly logBytes: number;
  /** How long a broadcaster remembers a message, in seconds. */
  readonly logSeconds: number;
  /** How long an instance of a path template is kept when nobody is connected to it, in seconds. */
  readonly endpointIdleSeconds: number;
  /** What happens to properties that a message's class does not declare. */
  readonly unknownKeys: 'reject' | 'strip';
}

/** What holds when nothing is said. */
export const defaultConfig: Config = {
  heartbeatSeconds: 60,
  clientHeartbeatSeconds: 0,
  heartbeatPadding: 'X',
  messageDelimiter: '|',
  recoverySeconds: 30,
  pollGraceSeconds: 10,
  connectSeconds: 10,
  maxMessageBytes: 1024 * 1024,
  maxPendingMessages: 1000,
  logMessages: 10_000,
  logBytes: 8 * 1024 * 1024,
  logSeconds: 300,
  endpointIdleSeconds: 300,
  unknownKeys: 'reject',
};

const mayBeZero: ReadonlySet<keyof Config> = new Set([
  'heartbeatSeconds',
  'clientHeartbeatSeconds',
  'recoverySeconds',
  'pollGraceSeconds',
  'endpointIdleSeconds',
]);

/** The defaults with what the user chose. Throws on a value that can't work. */
export function configure(chosen: Partial<Config> = {}): Config {
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined);
  for (const [key, value] of given) {
    if (!Object.hasOwn(defaultConfig, key))
      throw new DeclarationError(`There is no setting "${key}"; known are ${Object.keys(defaultConfig).join(', ')}`);
    check(key as keyof Config, value);
  }
  const config: Config = { ...defaultConfig, ...(Object.fromEntries(given) as Partial<Config>) };
  if (config.heartbeatPadding.includes(config.messageDelimiter)) {
    throw new DeclarationError(
      `heartbeatPadding "${config.heartbeatPadding}" contains the messageDelimiter "${config.messageDelimiter}"; the handshake could not be read`,
    );
  }
  return config;
}

function check(key: keyof Config, value: unknown): void {
  const wanted = wants(key)(value);
  if (wanted === undefined) return;
  const given = typeof value === 'number' ? String(value) : JSON.stringify(value);
  throw new DeclarationError(`Setting ${key} is ${given}; it must be ${wanted}`);
}

/** Says what a setting must be when a value is not it. */
function wants(key: keyof Config): (value: unknown) => string | undefined {
  if (key === 'unknownKeys')
    return (value) => (value === 'reject' || value === 'strip' ? undefined : '"reject" or "strip"');
  if (key === 'heartbeatPadding')
    return (value) => (isPlain(value, /[\d\r\n]/) ? undefined : 'a text without digits and line ends');
  // It ends the tracking id in a handshake, so nothing of an id may be in it.
  if (key === 'messageDelimiter')
    return (value) =>
      isPlain(value, /[\da-f\r\n-]/) ? undefined : 'a text without digits, line ends, dashes and the letters a to f';
  if (/(?:Messages|Bytes)$/.test(key))
    return (value) => (Number.isInteger(value) && (value as number) > 0 ? undefined : 'a whole number from 1');
  const zero = mayBeZero.has(key);
  return (value) =>
    typeof value === 'number' && Number.isFinite(value) && (zero ? value >= 0 : value > 0)
      ? undefined
      : `a number ${zero ? 'from' : 'above'} 0`;
}

function isPlain(value: unknown, forbidden: RegExp): boolean {
  return typeof value === 'string' && value !== '' && !forbidden.test(value);
}
