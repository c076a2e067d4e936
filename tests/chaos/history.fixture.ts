/** What holds a client's connection: the number of the client's attempt, or nothing because the resource is away or gone. */
export type Holder = number | 'away' | 'gone';

/**
 * What the server noted, in the order in which it happened there: it does one thing after the other, so this order is the
 * truth that all else is held against. `at` is the real time in milliseconds, whatever the server's clock says.
 */
export type ServerNote =
  /**
   * The process begins; it knows nothing of the one before, unless it has a durable store. `killed` says whether that one was
   * killed: else it was stopped as it should be, or there was none.
   */
  | { readonly note: 'run'; readonly run: number; readonly durable: boolean; readonly killed: boolean }
  /** Since the last note of the client, this has changed. Noted before a message is sent. */
  | { readonly note: 'held'; readonly client: string; readonly by: Holder; readonly at: number }
  /** The server's clock was set. */
  | { readonly note: 'clock'; readonly millis: number }
  /** A message is about to be sent to a topic; `@name` is the client of that name alone. */
  | { readonly note: 'send'; readonly id: number; readonly topic: string; readonly at: number }
  /** The message is safe: the server promises that everybody who is to get it gets it. Noted with a durable store only. */
  | { readonly note: 'safe'; readonly id: number }
  /** A connection was accepted, for a resource that is fresh or was known. `asked` is the uuid that the client brought. */
  | {
      readonly note: 'connect';
      readonly client: string;
      readonly attempt: number;
      readonly uuid: string;
      readonly asked: string | undefined;
      readonly fresh: boolean;
      readonly at: number;
    }
  /** `@Ready` was called. */
  | {
      readonly note: 'ready';
      readonly client: string;
      readonly attempt: number;
      readonly recovered: boolean;
      readonly gap: boolean;
    }
  /** `@Disconnect` was called. */
  | { readonly note: 'end'; readonly client: string; readonly uuid: string; readonly ending: string }
  /** `@Message` was called. */
  | { readonly note: 'heard'; readonly client: string; readonly text: string };

/** What a client may rely on. */
export type Promised =
  /** Everything once and in order, or the gap is told. */
  | 'exactly-once'
  /** Nothing twice, in order; what was written into a connection that broke may be missing. */
  | 'at-most-once'
  /** Nothing missing, or the gap is told; what was written into a connection that broke may come again. */
  | 'at-least-once'
  /**
   * As `at-most-once`, because an answer that was written proves that it came; but what a process had written may come again
   * when it was killed: the proof is gone with it.
   */
  | 'at-least-once, polling';

/** A message as a client got it. */
export interface Receipt {
  readonly id: number;
  /** Number of the attempt whose connection brought it. */
  readonly attempt: number;
}

/** A notice of a gap as a client got it. */
export interface GapNotice {
  readonly attempt: number;
  /** How many messages had come before it, in all. */
  readonly after: number;
}

/** What became of a message of the client's own. */
export interface Said {
  readonly text: string;
  /** `answered`: the server said 200. `refused`: another status. `unknown`: no answer came. */
  outcome: 'answered' | 'refused' | 'unknown';
}

/** What one client noted, and what was done to it. */
export interface ClientHistory {
  readonly client: string;
  readonly kind: string;
  readonly promised: Promised;
  /** Whether its connections end with what they bring. */
  readonly polls: boolean;
  /** Topics that it is subscribed to as long as it has a resource. */
  readonly topics: readonly string[];
  readonly received: readonly Receipt[];
  /** Attempts whose connection a fault broke, or the client itself gave up, and when that was first done. */
  readonly harmed: ReadonlyMap<number, number>;
  /** Attempts whose connection was slowed down, and since when. */
  readonly slowed: ReadonlyMap<number, number>;
  /** Notices of gaps; there for a client that asks for them, and must have them. */
  readonly gapNotices?: readonly GapNotice[];
  /** What came and is no message of ours. */
  readonly garbage: readonly string[];
  readonly said: readonly Said[];
}

/** All that is known when it is over. */
export interface History {
  readonly server: readonly ServerNote[];
  readonly clients: readonly ClientHistory[];
  /** How long a resource whose connection broke is kept at least, in milliseconds. */
  readonly windowMillis: number;
}
