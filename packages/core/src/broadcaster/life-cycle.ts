import type { Broadcaster } from './broadcaster';
import type { Logger } from '../logger';
import { reporting } from '../time/settle';
import type { Timer, Timers } from '../time/timers';

/**
 * What happens to a broadcaster that is empty (nobody is subscribed) or idle (nothing was broadcast for a while):
 * EMPTY and IDLE forget its log; EMPTY_DESTROY, IDLE_DESTROY and IDLE_EMPTY_DESTROY destroy it; IDLE_RESUME resumes its
 * resources first. NEVER does nothing.
 */
export type LifeCyclePolicy =
  'NEVER' | 'IDLE' | 'IDLE_DESTROY' | 'IDLE_RESUME' | 'EMPTY' | 'EMPTY_DESTROY' | 'IDLE_EMPTY_DESTROY';

/** Told when a policy acts. Each callback is optional; one that throws, or rejects, is logged and disturbs nobody. */
export interface LifeCycleListener {
  /** The last resource has left, and the policy is one of EMPTY. */
  onEmpty?(broadcaster: Broadcaster): void;
  /** Nothing was broadcast for as long as the policy says. */
  onIdle?(broadcaster: Broadcaster): void;
  /** The broadcaster was destroyed, by its policy or by the application. */
  onDestroy?(broadcaster: Broadcaster): void;
}

const IDLE_SECONDS = 300;

/** What the life of a broadcaster is watched with. */
export interface LifeCycleParts {
  readonly timers: Timers;
  readonly now: () => number;
  readonly logger: Logger;
}

/** Watches over one broadcaster. Sets no timer while its policy is NEVER. */
export class LifeCycle {
  readonly #broadcaster: Broadcaster;
  readonly #parts: LifeCycleParts;
  readonly #listeners: LifeCycleListener[] = [];
  #policy: LifeCyclePolicy = 'NEVER';
  #idleMillis = 0;
  #since = 0;
  #timer: Timer | undefined;

  constructor(broadcaster: Broadcaster, parts: LifeCycleParts) {
    this.#broadcaster = broadcaster;
    this.#parts = parts;
  }

  set(policy: LifeCyclePolicy, idleSeconds: number = IDLE_SECONDS): void {
    if (!(idleSeconds > 0)) throw new RangeError(`an idle time of ${idleSeconds} seconds is none; it must be above 0`);
    this.#policy = policy;
    this.#idleMillis = idleSeconds * 1000;
    this.begin();
  }

  add(listener: LifeCycleListener): void {
    this.#listeners.push(listener);
  }

  /** The time of the policy begins: it was set, or the broadcaster came to life again. */
  begin(): void {
    this.#since = this.#parts.now();
    this.#timer?.cancel();
    if (this.#policy.startsWith('IDLE')) this.#wait(this.#idleMillis);
  }

  /** Somebody was subscribed or unsubscribed. */
  touched(): void {
    if (this.#policy === 'NEVER') return;
    this.#since = this.#parts.now();
    if (this.#broadcaster.size > 0 || this.#broadcaster.isDestroyed || !this.#policy.startsWith('EMPTY')) return;
    this.#tell('onEmpty');
    if (this.#policy === 'EMPTY_DESTROY') this.#broadcaster.destroyHere();
    else this.#broadcaster.emptyLog();
  }

  destroyed(): void {
    this.#timer?.cancel();
    this.#tell('onDestroy');
  }

  #wait(millis: number): void {
    this.#timer = this.#parts.timers.after(millis, () => {
      const idle = this.#parts.now() - Math.max(this.#since, this.#broadcaster.lastBroadcast);
      if (idle < this.#idleMillis) return this.#wait(this.#idleMillis - idle);
      if (this.#policy === 'IDLE_EMPTY_DESTROY' && this.#broadcaster.size > 0) return this.#wait(this.#idleMillis);
      this.#act();
    });
  }

  #act(): void {
    const broadcaster = this.#broadcaster;
    this.#tell('onIdle');
    if (this.#policy === 'IDLE') broadcaster.log.expire(Number.POSITIVE_INFINITY);
    if (this.#policy === 'IDLE_RESUME') broadcaster.resumeHere();
    // What a listener objects to is tried again.
    if (this.#policy === 'IDLE' || !broadcaster.destroyHere()) this.#wait(this.#idleMillis);
  }

  #tell(callback: keyof LifeCycleListener): void {
    const broadcaster = this.#broadcaster;
    for (const listener of this.#listeners) {
      reporting(
        () => listener[callback]?.(broadcaster),
        (cause) =>
          this.#parts.logger.error(`A life-cycle listener's ${callback} failed`, {
            broadcaster: broadcaster.id,
            cause,
          }),
      );
    }
  }
}
