import type { App, AppOptions, FailureMessage, Payload, TransportName } from '@ionosphere/core';

/** What a transport can and can't do by its nature. Everything else is the same everywhere. */
export interface Abilities {
  /** Bytes arrive as bytes; where not, as base64 text. */
  readonly binary: boolean;
  /** CR and CRLF arrive as they were sent; where not, as LF. */
  readonly carriageReturn: boolean;
  /** Messages that are sent together arrive apart; where not, they may arrive as one text. */
  readonly apart: boolean;
  /** A failed message is answered where it was sent, as a POST is; where not, the failure comes among the messages. */
  readonly answersFailures: boolean;
  /** A client that returns in time is announced to `@Ready` once more; a run of polls is announced once. */
  readonly announcesReturn: boolean;
  /** A message that is too large ends the connection, with close code 1009; where not, only the message is refused. */
  readonly endsWhenTooLarge: boolean;
}

/** A running app behind the transport under test. */
export interface SuiteServer {
  readonly app: App;
  /** Stops it as a signal would. */
  stop(): Promise<void>;
}

/** How a client of the suite is to connect. */
export interface SuiteConnect {
  /** Concrete path, such as `/room/1`. */
  readonly path: string;
  /** Whether to ask for the protocol (`X-atmo-protocol`): handshake and heartbeats. */
  readonly protocol: boolean;
}

/** A real client of the transport under test. It does what PROTOCOL.md asks of clients, and nothing for the tests' sake. */
export interface SuiteClient {
  readonly uuid: string;
  /** How often it is to send a heartbeat, as the handshake said, in milliseconds. */
  readonly heartbeatMillis: number | undefined;
  /** Messages so far; neither handshakes nor heartbeats. */
  readonly messages: readonly Payload[];
  /** Heartbeats of the server so far. */
  readonly heartbeats: number;
  /** The next message; rejects when none comes in time. */
  receive(): Promise<Payload>;
  /** Sends one message. Resolves with the failure if the transport answers where it was sent, else with undefined. */
  send(payload: Payload): Promise<FailureMessage | undefined>;
  /** Sends the client's heartbeat. */
  heartbeat(): Promise<unknown>;
  /** Breaks the connection without a word. */
  vanish(): Promise<void>;
  /**
   * Comes back under its uuid; resolves when the handshake was read. While connected: with a second connection; resolves
   * when the server has ended the first, too.
   */
  reconnect(): Promise<void>;
  /** Says goodbye. */
  close(): Promise<void>;
  /** Resolves when the server has ended the connection and the client knows. */
  readonly closed: Promise<unknown>;
}

/** A client was refused. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  /** @param status as HTTP says it. */
  constructor(readonly status: number) {
    super(`The connection was refused with ${status}`);
  }
}

/** One transport, in one way of using it. */
export interface SuiteHarness {
  /** Title of the tests, such as `sse, framed, over TLS`. */
  readonly name: string;
  /** What `resource.transport` is. */
  readonly transport: TransportName;
  readonly can: Abilities;
  start(options: AppOptions): Promise<SuiteServer>;
  /** Rejects with a `Refusal`. */
  connect(server: SuiteServer, how: SuiteConnect): Promise<SuiteClient>;
}

/** What a suite needs of a test runner. Jest and Vitest have these as globals. */
export interface TestRunner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly test: (title: string, body: () => Promise<void> | void) => unknown;
  readonly beforeAll: (body: () => Promise<void> | void) => unknown;
  readonly afterAll: (body: () => Promise<void> | void) => unknown;
}

/** The runner that was given, or the one whose functions are global. */
export function runnerOr(given: TestRunner | undefined): TestRunner {
  const runner = given ?? (globalThis as unknown as Partial<TestRunner>);
  const missing = (['describe', 'test', 'beforeAll', 'afterAll'] as const).filter((name) => !runner[name]);
  if (missing.length > 0) throw new TypeError(`The suite needs ${missing.join(', ')}: pass a test runner`);
  return runner as TestRunner;
}
