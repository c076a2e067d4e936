import type { Payload } from '@ionosphere/protocol';
import type { Receivers } from './audience';
import type { Broadcaster } from './broadcaster';
import type { BroadcasterListener } from './broadcaster-listener';
import type { Logger } from '../logger';
import type { MessageLog } from '../log/message-log';
import type { Outflow } from './outflow';
import type { Siblings } from './siblings';
import type { Timers } from '../time/timers';

/** What a broadcaster is built on. */
export interface BroadcasterParts {
  readonly log: MessageLog;
  readonly shared: SharedParts;
}

/** What all broadcasters of an app are built on: one object, for there may be many of them. */
export interface SharedParts {
  readonly outflow: Outflow;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Gives the next number among all messages of the app. */
  readonly nextSequence: () => number;
  readonly now: () => number;
  /** There when other threads run the same services. */
  readonly siblings?: Siblings | undefined;
  /** Listeners of all broadcasters. */
  readonly listeners: readonly BroadcasterListener[];
  /** Empties a log, but for those who are owed something of it and are subscribed no more. */
  readonly empty: (log: MessageLog) => void;
  /** The broadcaster was destroyed. */
  readonly forget: (broadcaster: Broadcaster) => void;
  /** A broadcaster that was destroyed is used again: gives the one that has its name now, which may be itself. */
  readonly revive: (broadcaster: Broadcaster) => Broadcaster;
}

/** A class of broadcasters. */
export type BroadcasterClass<T extends Broadcaster = Broadcaster> = new (id: string, parts: BroadcasterParts) => T;

/** How a value is broadcast. */
export interface BroadcastOptions {
  /** Default: every subscriber. Resources that are named need not be subscribers. */
  readonly to?: Receivers;
  /**
   * Who does not get it, even where `to` names them. Default: nobody. Without `to`, one resource, such as the sender, is
   * left out at no cost; several, or a condition, are looked at for each receiver.
   */
  readonly except?: Receivers;
  /** Makes the payload. Default: text and bytes as they are, all else as JSON. */
  readonly encode?: (value: unknown) => Payload;
}
