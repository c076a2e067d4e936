import type { TransportName } from '@ionosphere/protocol';
import type { Durability } from '../log/durability';
import type { Endings } from './endings';
import type { Endpoints } from '../service/endpoints';
import { Failure } from '../errors';
import type { Resource } from '../resource/resource';
import type { ResourceFactory } from '../resource/resource-factory';
import type { Timers } from '../time/timers';
import type { Work } from '../resource/work';

/** How an app stops. */
export interface StopOptions {
  /**
   * How long it may take in all, in seconds: half of it for handlers to finish and for what was sent to leave, half of the
   * rest for `@Disconnect`, and what is left for `onDestroy` of services, and `destroy` of interceptors and filters. What one does not need, the next has. Default 10.
   */
  readonly deadlineSeconds?: number;
  /**
   * When clients are told to come back, in seconds. Each is told another time, between this and twice as much, so that they
   * don't come all at once. Default 1.
   */
  readonly retryAfterSeconds?: number;
}

/** What a stop deals with. */
export interface ShutdownParts {
  readonly work: Work;
  readonly resources: ResourceFactory;
  readonly endpoints: Endpoints;
  readonly endings: Endings;
  readonly timers: Timers;
  readonly durability?: Pick<Durability, 'close'> | undefined;
  /** Called before the clients are told to go: nobody comes back from then on. */
  readonly dismissing: () => void;
}

/** The end of an app, in order. Whatever the application's code does, it is over with the deadline. */
export class Shutdown {
  readonly #parts: ShutdownParts;
  readonly #deadlineMillis: number;
  readonly #retryAfterSeconds: number;
  #over: Promise<void> | undefined;

  constructor(parts: ShutdownParts, { deadlineSeconds = 10, retryAfterSeconds = 1 }: StopOptions) {
    this.#parts = parts;
    this.#deadlineMillis = seconds('deadlineSeconds', deadlineSeconds) * 1000;
    this.#retryAfterSeconds = seconds('retryAfterSeconds', retryAfterSeconds);
  }

  /** What one client is told: to come back, at a time of its own. */
  refusal(): Failure {
    return new Failure('stopping', undefined, { retryAfterSeconds: this.#retryAfterSeconds * (1 + Math.random()) });
  }

  /** Called twice, it runs once. */
  run(): Promise<void> {
    return (this.#over ??= this.#run());
  }

  async #run(): Promise<void> {
    const { work, resources, endpoints, endings, timers, durability, dismissing } = this.#parts;
    const [half, most, whole] = [this.#share(0.5), this.#share(0.75), this.#share(1)];
    await Promise.race([this.#quiet(), half]);
    dismissing();
    for (const resource of resources.all()) resource.durable.dismiss(this.refusal());
    await Promise.race([work.settled(), most]);
    await endpoints.end(whole);
    await endings.run(whole);
    durability?.close();
    timers.stop();
  }

  #share(share: number): Promise<void> {
    return new Promise((resolve) => this.#parts.timers.after(this.#deadlineMillis * share, resolve));
  }

  /** Resolves when no handler runs and all that was sent has left. */
  async #quiet(): Promise<void> {
    const { work, resources, timers } = this.#parts;
    for (;;) {
      await work.settled();
      if (![...resources.all()].some((resource) => isServed(resource) && resource.out.owes)) return;
      // Until the connections have room, or the next polls have come: the timers look every 50 ms.
      await new Promise<void>((resolve) => timers.after(0, resolve));
    }
  }
}

const polling: ReadonlySet<TransportName | undefined> = new Set(['long-polling', 'jsonp', 'polling']);

/** Whether a resource has a connection, or is between two polls: who has lost its connection can make no new one. */
function isServed({ state, transport, pollBroken }: Resource): boolean {
  return state === 'ready' || (state === 'away' && polling.has(transport) && !pollBroken);
}

function seconds(name: string, value: number): number {
  if (value >= 0) return value;
  throw new RangeError(`stop: ${name} is ${value}; it must be a number from 0`);
}
