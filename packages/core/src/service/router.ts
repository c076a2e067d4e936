import { DeclarationError } from '../errors';
import type { Template } from '../request/template';

const noParams: ReadonlyMap<string, string> = new Map();

/** Finds what is at a path: an exact path first, then the template that says most (its `weight`). */
export class Router<T extends { readonly name: string; readonly template: Template }> {
  readonly #shapes = new Map<string, T>();
  readonly #exact = new Map<string, T>();
  readonly #templates: T[] = [];

  constructor(routes: Iterable<T>) {
    for (const route of routes) this.add(route);
  }

  /** Throws a `DeclarationError` when there is a route at its path. */
  add(route: T): void {
    this.check(route);
    const { shape, exact, text } = route.template;
    this.#shapes.set(shape, route);
    if (exact) return void this.#exact.set(text, route);
    this.#templates.push(route);
    this.#templates.sort((a, b) => b.template.weight - a.template.weight);
  }

  /** Throws a `DeclarationError` when there is a route at the path of this one. */
  check({ name, template }: T): void {
    const taken = this.#shapes.get(template.shape);
    if (taken)
      throw new DeclarationError(
        `${taken.name} and ${name} are both at ${template.text}; give one of them another path`,
      );
  }

  /** The paths that need no template. */
  exactPaths(): Iterable<string> {
    return this.#exact.keys();
  }

  find(path: string): { readonly route: T; readonly params: ReadonlyMap<string, string> } | undefined {
    const exact = this.#exact.get(path);
    if (exact) return { route: exact, params: noParams };
    for (const route of this.#templates) {
      const params = route.template.match(path);
      if (params) return { route, params };
    }
    return undefined;
  }
}
