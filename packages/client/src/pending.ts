import type { Reply } from '@ionosphere/protocol';
import type { SendOptions } from './api';
import { ClientError, failureOf } from './errors';
import { bytesOf } from './incoming';
import type { Timer, Timers } from './timers';

interface Waiting {
  readonly resolve: (payload: string | Uint8Array | undefined) => void;
  readonly reject: (error: ClientError) => void;
}

/** Who waits for replies, by the keys of the messages. */
export class Pending {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Waiting>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @param abandoned is told when the wait ends without a reply */
  wait(
    key: string,
    { signal, timeoutSeconds }: SendOptions,
    abandoned: () => void,
  ): Promise<string | Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      let limit: Timer | undefined;
      const done = (): void => {
        this.#waiting.delete(key);
        limit?.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const abandon = (error: ClientError): void => {
        done();
        reject(error);
        abandoned();
      };
      const onAbort = (): void =>
        abandon(new ClientError('aborted', 'The request was given up.', { cause: signal?.reason }));
      this.#waiting.set(key, {
        resolve: (payload) => (done(), resolve(payload)),
        reject: (error) => (done(), reject(error)),
      });
      signal?.addEventListener('abort', onAbort);
      if (timeoutSeconds !== undefined && timeoutSeconds !== Infinity)
        limit = this.#timers.after(timeoutSeconds * 1000, () =>
          abandon(new ClientError('timeout', `There was no reply within ${timeoutSeconds} s.`)),
        );
    });
  }

  /** A reply came; tells whether somebody waits for it. */
  settle({ key, kind, payload }: Reply): boolean {
    const waiting = this.#waiting.get(key);
    if (!waiting) return false;
    if (kind === 'failure' || kind === 'refused') waiting.reject(failureOf(payload));
    else waiting.resolve(kind === 'handled' ? undefined : kind === 'base64' ? bytesOf(payload) : payload);
    return true;
  }

  /** There will be no reply; tells whether somebody waits for it. */
  fail(key: string, error: ClientError): boolean {
    const waiting = this.#waiting.get(key);
    waiting?.reject(error);
    return waiting !== undefined;
  }

  failAll(error: ClientError): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
  }
}
