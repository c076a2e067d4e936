import { accessSync, constants } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join, normalize, resolve, sep } from 'node:path';
import { DeclarationError, isObject, refuseOption } from '@ionosphere/core';
import { lookup } from 'mrmime';
import type { Exchange } from './exchange';

/** Prefix of the URL -> folder, or one file. */
type Mounts = Readonly<Record<string, string>>;

/** Throws a `DeclarationError` unless there are files to serve at each prefix. */
export function checkMounts(where: string, given: unknown): void {
  if (!isObject(given)) refuseOption(where, given, "an object: prefix of the URL -> folder, such as { '/': 'public' }");
  for (const [prefix, folder] of Object.entries(given)) {
    if (!prefix.startsWith('/'))
      throw new DeclarationError(
        `${where}: "${prefix}" is no prefix of a URL; it must begin with "/", such as "/${prefix}"`,
      );
    if (/[*{}]/.test(prefix))
      throw new DeclarationError(
        `${where}: "${prefix}" is taken as it stands; name the folder alone, and all in it is served`,
      );
    if (typeof folder !== 'string' || folder === '')
      refuseOption(`${where}: "${prefix}"`, folder, "the path of a folder, or of a file, such as 'public'");
    checkReadable(`${where}: "${prefix}"`, folder);
  }
}

function checkReadable(where: string, folder: string): void {
  try {
    accessSync(folder, constants.R_OK);
  } catch (cause) {
    throw new DeclarationError(
      `${where}: the folder or file "${folder}" can't be read; it is taken relative to ${process.cwd()}`,
      { cause },
    );
  }
}

/** Serves the files of folders, for samples and small applications. Files are read as they are asked for, never listed. */
export class StaticFiles {
  readonly #mounts: readonly (readonly [prefix: string, folder: string])[];

  /** @param mounts prefix of the URL -> folder, such as `{ '/': 'public' }`, or -> one file. The longest prefix that fits wins. */
  constructor(mounts: Mounts) {
    this.#mounts = Object.entries(mounts)
      .map(([prefix, folder]) => [prefix, resolve(folder)] as const)
      .sort(([a], [b]) => b.length - a.length);
  }

  /** Answers when there is such a file, and says whether it will. */
  async serve(exchange: Exchange, path: string): Promise<boolean> {
    const file = this.#locate(path);
    if (!file) return false;
    try {
      const found = (await stat(file)).isDirectory() ? join(file, 'index.html') : file;
      send(exchange, found, await readFile(found));
      return true;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG') return false;
      throw error;
    }
  }

  /** The file for a path; undefined outside of all folders. Hidden files are never served. */
  #locate(path: string): string | undefined {
    if (path.includes('\0') || /(^|\/)\./.test(path) || path.includes('\\')) return undefined;
    for (const [prefix, folder] of this.#mounts) {
      if (path === prefix) return folder;
      const base = prefix.endsWith('/') ? prefix : `${prefix}/`;
      if (!path.startsWith(base)) continue;
      const file = normalize(join(folder, path.slice(base.length)));
      return file.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? file : undefined;
    }
    return undefined;
  }
}

function send(exchange: Exchange, file: string, content: Buffer): void {
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  const headers = [
    ['Cache-Control', 'no-cache'],
    ['ETag', etag],
    ['X-Content-Type-Options', 'nosniff'],
  ] as const;
  if (isKnown(etag, exchange.headers.get('if-none-match'))) return exchange.end(304, headers);
  const type = lookup(file) ?? 'application/octet-stream';
  const charset = /^text\/|json$|javascript$/.test(type) ? '; charset=utf-8' : '';
  exchange.end(200, [['Content-Type', type + charset], ...headers], content);
}

/** Whether a client has that version: it may name several, and a proxy that compresses makes them weak (RFC 9110, 13.1.2). */
function isKnown(etag: string, header: string | undefined): boolean {
  return header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;
}
