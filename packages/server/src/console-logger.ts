import { Logger, type LogFields } from '@ionosphere/core';

const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** How much is logged. */
export type LogLevel = keyof typeof levels;

/** Writes one line per event to standard error: time, level, message, and the fields as JSON, so that no field can forge a line. */
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
    // eslint-disable-next-line no-control-regex -- a line break in a message would begin a line of its own
    const text = message.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ');
    const rest = fields && Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields, errorsAsText)}` : '';
    this.#write(`${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${text}${rest}\n`);
  }
}

function errorsAsText(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? String(value);
  return typeof value === 'bigint' ? String(value) : value;
}
