import type { MessagePort } from 'node:worker_threads';
import type { ServerStopOptions } from '../server';
import type { AppDescriptor } from '../uws';
import type { RingMemory } from './ring';

/** What a thread is started with. */
export interface Enlistment {
  readonly ionosphere: 'thread';
  /** Its number, from 0. */
  readonly thread: number;
  /** How many there are. */
  readonly threads: number;
  /** Name of the channel that all of them hear. */
  readonly channel: string;
  /** See `Turnstile`. */
  readonly shared: Int32Array;
  /** See `Ring`. */
  readonly ring: RingMemory;
  /** The ways to those that are there already. */
  readonly ports: readonly (readonly [thread: number, port: MessagePort])[];
}

/** What the thread that started the others tells them. */
export type Order =
  /** Another thread is there, or there no more. */
  | { readonly do: 'meet'; readonly thread: number; readonly port: MessagePort }
  | { readonly do: 'lose'; readonly thread: number }
  /** The three steps of stopping. */
  | { readonly do: 'announce' }
  | { readonly do: 'stop'; readonly options: Required<ServerStopOptions> }
  | { readonly do: 'close'; readonly deadlineSeconds: number };

/** What a thread tells the one that started it. */
export type Report =
  | { readonly is: 'called' }
  | { readonly is: 'serving'; readonly descriptor: AppDescriptor }
  | { readonly is: 'failed'; readonly name: string; readonly message: string }
  | { readonly is: 'stopped' }
  /** It ends: no connection may be handed to it any more. It waits for that. */
  | { readonly is: 'leaving' };
