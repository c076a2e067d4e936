import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Which core the servers get, and which the load generator; undefined where processes can't be bound to cores. */
export interface Cores {
  readonly server: number;
  readonly generator: number;
}

/** Chooses two of the cores that this process may use. */
export function chooseCores(): Cores | undefined {
  const allowed = allowedCores();
  const [generator] = allowed;
  const server = allowed.at(-1);
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  return hasTaskset && generator !== undefined && server !== undefined && server !== generator
    ? { server, generator }
    : undefined;
}

/** A command that runs on one core. */
export function bound(core: number | undefined, command: string, args: readonly string[]): [string, string[]] {
  return core === undefined ? [command, [...args]] : ['taskset', ['-c', String(core), command, ...args]];
}

function allowedCores(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  } catch {
    return [];
  }
}
