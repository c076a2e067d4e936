/** Who is told of what. A listener that throws keeps no other from being told. */
export class Listeners<Events extends { readonly [E in keyof Events]: (...given: never[]) => void }> {
  readonly #byEvent = new Map<keyof Events, Set<Events[keyof Events]>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add<E extends keyof Events>(event: E, listener: Events[E]): () => void {
    let set = this.#byEvent.get(event);
    if (!set) this.#byEvent.set(event, (set = new Set()));
    set.add(listener);
    return () => set.delete(listener);
  }

  tell<E extends keyof Events>(event: E, ...given: Parameters<Events[E]>): void {
    for (const listener of [...(this.#byEvent.get(event) ?? [])]) {
      try {
        listener(...given);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
