import { inspect } from 'node:util';
import { Logger, type LogFields } from '@ionosphere/core';
import { logContext } from './interceptors/log-context';

const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** How much is logged. */
export type LogLevel = keyof typeof levels;

/** Length of the longest line, in characters: what a client sends must not fill the disk. */
const LONGEST = 16_384;

/**
 * What begins a line of its own, steers a terminal (controls of C0 and C1, which JSON leaves in part as they are), or lets a
 * line be read in another order than it was written, or in part not at all (marks of direction, invisible characters).
 */
const MISLEADING =
  // eslint-disable-next-line no-control-regex -- these are what must not be there
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/**
 * Writes one line per event to standard error: time, level, message, and the fields as JSON, so that no field can forge a
 * line. With a `LogContextInterceptor` its fields are among them.
 */
export class ConsoleLogger extends Logger {
  readonly #least: number;
  readonly #write: (line: string) => void;

  constructor(level: LogLevel = 'info', write: (line: string) => void = (line) => void process.stderr.write(line)) {
    super();
    this.#least = levels[level];
    this.#write = write;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (levels[level] < this.#least) return;
    const all = { ...logContext(), ...fields };
    const rest = Object.keys(all).length > 0 ? ` ${asJson(all)}` : '';
    const line = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${rest}`;
    this.#write(`${cut(line).replace(MISLEADING, ' ')}\n`);
  }
}

function cut(line: string): string {
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}... ${line.length - LONGEST} characters more`;
}

/** Anything may be thrown, and so be a field: what JSON can't hold must not become a second failure. */
function asJson(fields: LogFields): string {
  try {
    return JSON.stringify(
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, readable(value)])),
      plain,
    );
  } catch {
    return JSON.stringify(inspect(fields));
  }
}

/** An error as text, with its stack and what caused it. */
function readable(value: unknown): unknown {
  return value instanceof Error ? inspect(value) : value;
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : readable(value);
}
