import type { MessagePort } from 'node:worker_threads';
import type { Frame } from '@ionosphere/core';
import type { SentRequest, Step } from '../http/replay';

/**
 * What threads say to each other about connections that one of them, the *holder*, has for a resource that lives in
 * another one, its *home*. The number is the holder's for the connection.
 */
export type Word =
  // From the holder.
  | readonly ['request', number, PassedRequest]
  | readonly ['body', number, Uint8Array, isLast: boolean]
  | readonly ['gone', number]
  | readonly ['message', number, ArrayBuffer, isBinary: boolean]
  | readonly ['control', number, 'ping' | 'pong', ArrayBuffer]
  | readonly ['closed', number, code: number, reason: ArrayBuffer]
  | readonly ['dropped', number]
  /** So many bytes wait for the peer. */
  | readonly ['full', number, bytes: number]
  /** Nothing waits any more. */
  | readonly ['empty', number]
  // From the home.
  | readonly ['answer', number, readonly Step[]]
  /** The WebSocket is taken. */
  | readonly ['taken', number]
  | readonly ['send', number, Frame, compress: boolean]
  | readonly ['ping', number, string | Uint8Array]
  | readonly ['end', number, code: number | undefined, reason: string]
  | readonly ['close', number]
  | readonly ['join' | 'leave', number, topic: string]
  | readonly ['publish', topic: string, Frame, compress: boolean, except: number | undefined]
  /** Say `empty` when nothing waits. */
  | readonly ['ask', number]
  // From either.
  | readonly ['count', number]
  | readonly ['counted', number, resources: number];

/** A request that a holder passes on. */
export interface PassedRequest extends SentRequest {
  /** There when it may become a WebSocket: the pattern of paths that it came by. */
  readonly pattern: string | undefined;
  /** Whether pieces of a body follow. */
  readonly hasBody: boolean;
}

/** The way to one other thread. What is said in one turn goes in one message. */
export class Link {
  readonly #port: MessagePort;
  #words: Word[] = [];

  /** @param receive must not throw */
  constructor(port: MessagePort, receive: (word: Word) => void) {
    this.#port = port;
    port.on('message', (words: readonly Word[]) => words.forEach(receive));
  }

  say(word: Word): void {
    if (this.#words.length === 0) setImmediate(() => this.flush());
    this.#words.push(word);
  }

  /** Sends now what has been said. */
  flush(): void {
    const words = this.#words;
    this.#words = [];
    if (words.length > 0) this.#port.postMessage(words);
  }

  close(): void {
    this.flush();
    this.#port.close();
  }
}

/** Bytes that can be sent: a view would take along all that is in the memory behind it. */
export function portable<T extends Frame | undefined>(frame: T): T {
  const isView = typeof frame === 'object' && frame.byteLength < frame.buffer.byteLength;
  return isView ? (new Uint8Array(frame) as unknown as T) : frame;
}
