import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRegistrable, type Class } from '@ionosphere/core';

const requireFrom = createRequire(__filename);
const modules = new Set(['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts']);

/**
 * The services that the modules in a folder, and in its subfolders, export. Tests and type declarations are passed over.
 *
 * @param folder relative to the working directory.
 */
export async function scan(folder: string): Promise<Class<object>[]> {
  const root = resolve(folder);
  const found = new Set<Class<object>>();
  for (const file of filesIn(root, folder)) {
    for (const exported of Object.values(await load(file))) if (isService(exported)) found.add(exported);
  }
  if (found.size === 0) throw new Error(`scan: no exported class with @ManagedService in ${root}`);
  return [...found];
}

function filesIn(root: string, asked: string): string[] {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() && modules.has(extname(entry.name)) && !/\.(test|spec|d)\.[cm]?[jt]s$/.test(entry.name),
      )
      .map((entry) => resolve(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => !relative(root, file).split(sep).includes('node_modules'))
      .sort();
  } catch (cause) {
    throw new Error(`scan: the folder "${asked}" can't be read; it is taken relative to ${process.cwd()}`, { cause });
  }
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return requireFrom(file) as Record<string, unknown>;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  }
}

function isService(exported: unknown): exported is Class<object> {
  return typeof exported === 'function' && isRegistrable(exported);
}
