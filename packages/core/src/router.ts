import { DeclarationError } from './errors';
import type { Template } from './template';

/** Finds what is at a path: an exact path first, then the template that says most (its `weight`). */
export class Router<T extends { readonly name: string; readonly template: Template }> {
  readonly #exact = new Map<string, T>();
  readonly #templates: T[] = [];

  constructor(routes: Iterable<T>) {
    const shapes = new Map<string, T>();
    for (const route of routes) {
      const { shape } = route.template;
      const taken = shapes.get(shape);
      if (taken) {
        throw new DeclarationError(
          `${taken.name} and ${route.name} are both at ${route.template.text}; give one of them another path`,
        );
      }
      shapes.set(shape, route);
      if (route.template.exact) this.#exact.set(route.template.text, route);
      else this.#templates.push(route);
    }
    this.#templates.sort((a, b) => b.template.weight - a.template.weight);
  }

  /** The paths that need no template. */
  exactPaths(): Iterable<string> {
    return this.#exact.keys();
  }

  find(path: string): { readonly route: T; readonly params: ReadonlyMap<string, string> } | undefined {
    const exact = this.#exact.get(path);
    if (exact) return { route: exact, params: new Map() };
    for (const route of this.#templates) {
      const params = route.template.match(path);
      if (params) return { route, params };
    }
    return undefined;
  }
}
