import { Failure } from '../errors';
import type { Service } from './service';
import { after, isPromise, type MaybePromise } from '../time/settle';

/** One instance of a service, from before its `onInit` to after its `onDestroy`. */
export class Instance {
  #state: 'new' | 'begun' | 'ended' = 'new';
  #beginning: PromiseLike<void> | undefined;

  constructor(
    readonly service: Service,
    readonly object: object,
  ) {}

  /**
   * Runs `onInit`, once; gives a promise while it runs, and nothing when there is nothing to wait for. Throws, or rejects
   * with, what it throws: a `Failure` as it is, all else with class and method in front. It may then be tried again.
   *
   * @param previous what must be over before
   */
  begin(previous?: PromiseLike<void>): MaybePromise<void> {
    if (this.#state !== 'new') return undefined;
    if (this.#beginning) return this.#beginning;
    const outcome = after(previous, () => this.#call(this.service.life.init));
    if (!isPromise(outcome)) return void (this.#state = 'begun');
    const begun = (): void => {
      this.#beginning = undefined;
      this.#state = 'begun';
    };
    const failed = (error: unknown): never => {
      this.#beginning = undefined;
      throw error;
    };
    return (this.#beginning = outcome.then(begun, failed));
  }

  /** Runs `onDestroy`, once, when `onInit` has run. Throws, or rejects with, what it throws. */
  end(): MaybePromise<void> {
    if (this.#beginning)
      return this.#beginning.then(
        () => this.end(),
        () => undefined,
      );
    const { begun } = this;
    this.#state = 'ended';
    return begun ? this.#call(this.service.life.destroy) : undefined;
  }

  get begun(): boolean {
    return this.#state === 'begun';
  }

  #call(name: string | undefined): MaybePromise<void> {
    if (name === undefined) return undefined;
    try {
      const result = (this.object as Record<string, () => unknown>)[name]?.();
      if (!isPromise(result)) return undefined;
      // Whatever the application's idea of a promise is, from here on it is a real one.
      return Promise.resolve(result).then(
        () => undefined,
        (error: unknown) => this.#fail(name, error),
      );
    } catch (error) {
      this.#fail(name, error);
    }
  }

  #fail(name: string, cause: unknown): never {
    if (cause instanceof Failure) throw cause;
    throw new Error(`${this.service.name}.${name} failed: ${messageOf(cause)}`, { cause });
  }
}

/** What a thrown value says. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
