import type { Payload } from '@ionosphere/protocol';

/** What happens to a broadcaster in one thread, and must in all. */
export type Crossed = CrossedMessage | CrossedAct;

/** A message that was broadcast; by now it has passed the filters, and is encoded. */
export interface CrossedMessage {
  readonly act: 'broadcast' | 'broadcastOnResume';
  /** Name of the broadcaster. */
  readonly id: string;
  readonly payload: Payload;
  /** When it was broadcast, in milliseconds since the epoch. */
  readonly at: number;
  /** What it is about, for slow clients that want of each thing the newest only. */
  readonly key?: string | undefined;
  /** Whether logs have it. */
  readonly remembered: boolean;
}

/** What the application did to a broadcaster. */
export interface CrossedAct {
  readonly act: 'resumeAll' | 'destroy';
  readonly id: string;
}

/**
 * The port between an app and those that run the same services in other threads, behind the same port. A resource lives
 * in one of the threads, for good; what is broadcast reaches all of them, in the same order.
 */
export interface Siblings {
  /** A new tracking id, which tells all threads where its resource is. */
  newId(): string;
  /**
   * Lets the other threads have it. When it returns, all that crossed before has been received, and nothing that crosses
   * later has been.
   */
  cross(crossed: Crossed): void;
}

/** Throws an error that says why something can't be done when the services run in several threads. */
export function refuseThreads(siblings: Siblings | undefined, what: string, mend: string): void {
  if (siblings) throw new TypeError(`${what} when the services run in several threads: ${mend}`);
}
