import type { Position } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import type { Counters } from '../limits/counters';
import type { Durability } from '../log/durability';
import type { Failure } from '../errors';
import type { Framings } from '../codec/framing';
import type { Logger } from '../logger';
import type { OutboundParts } from './outbound';
import type { Resource } from './resource';
import type { Ending } from './resource-event';
import type { MaybePromise } from '../time/settle';
import type { Siblings } from '../broadcaster/siblings';
import type { Timers } from '../time/timers';

/** What an app gives to its parts. */
export interface Context extends OutboundParts {
  /** There when messages, resources and subscriptions outlive the process. */
  readonly durability?: Durability | undefined;
  /** There when other threads run the same services. */
  readonly siblings?: Siblings | undefined;
  readonly config: Config;
  readonly logger: Logger;
  readonly timers: Timers;
  readonly framings: Framings;
  readonly counters: Counters;
  /** Identity of the numbers that messages get: another one after a restart. */
  readonly epoch: string;
  /** Number of the last message that a client has who says where it is; undefined when nothing is known of that epoch. */
  resolve(position: Position): number | undefined;
  /** Whether new messages are refused because the app stops. */
  readonly stopping: boolean;
  /** Whether the clients were told to go: what is done for a client that comes back now may not be stored any more. */
  readonly dismissed: boolean;
  /** Tells the app that a resource has ended. */
  ended(resource: Resource, ending: Ending): void;
  /** Lets `stop` wait for work that nobody else waits for, and passes its outcome on. */
  track(outcome: MaybePromise<Failure | undefined>, then?: (failure: Failure | undefined) => void): void;
  /** Tells the app's own error hook, after the service's. */
  failed(failure: Failure, resource: Resource): void;
  /** Every resource that is not closed. */
  everyone(): Iterable<Resource>;
}
