/** What the path of a server may be: text that no client encodes, and that needs no decoding. */
const plain = /^(?:\/[\w.~-]+)+$/;

/** Throws unless a server can be at a path. */
export function checkBasePath(basePath: string): void {
  if (basePath === '' || (typeof basePath === 'string' && plain.test(basePath) && !/\/\.\.?(?:\/|$)/.test(basePath)))
    return;
  throw new RangeError(
    `serve: basePath is ${JSON.stringify(basePath)}; it must begin with "/", end without, and have letters, digits and - _ . ~ between, such as "/app"`,
  );
}

/** A path without the path of the server; undefined when it is not below that. */
export function belowBase(path: string, basePath: string): string | undefined {
  if (path === basePath) return '/';
  if (!path.startsWith(`${basePath}/`)) return undefined;
  return path.slice(basePath.length);
}
