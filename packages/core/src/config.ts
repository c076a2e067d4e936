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
  const example: unknown = defaultConfig[key];
  const complain = (wanted: string): never => {
    throw new DeclarationError(`Setting ${key} is ${JSON.stringify(value)}; it must be ${wanted}`);
  };
  if (key === 'unknownKeys') return void (value === 'reject' || value === 'strip' || complain('"reject" or "strip"'));
  if (typeof example === 'string')
    return void (
      (typeof value === 'string' && value !== '' && !/[\d\r\n]/.test(value)) ||
      complain('a text without digits and line ends')
    );
  const least = mayBeZero.has(key) ? 0 : Number.MIN_VALUE;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    complain(least === 0 ? 'a number from 0' : 'a number above 0');
}
