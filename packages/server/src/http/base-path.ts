import type { Wanted } from '@ionosphere/core';

/** What the path of a server may be: text that no client encodes, and that needs no decoding. */
const plain = /^(?:\/[\w.~-]+)+$/;

/** Where a server can be. */
export const basePath: Wanted = {
  wanted: 'a path that begins with "/", ends without, and has letters, digits and - _ . ~ between, such as "/app"',
  accepts: (value) =>
    value === '' || (typeof value === 'string' && plain.test(value) && !/\/\.\.?(?:\/|$)/.test(value)),
};

/** A path without the path of the server; undefined when it is not below that. */
export function belowBase(path: string, basePath: string): string | undefined {
  if (path === basePath) return '/';
  if (!path.startsWith(`${basePath}/`)) return undefined;
  return path.slice(basePath.length);
}
