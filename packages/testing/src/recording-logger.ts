import { Logger, type LogFields } from '@ionosphere/core';

/** One line of a log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what was logged, for a test to look at: `new App({ services, logger })`. */
export class RecordingLogger extends Logger {
  /** All lines, in order. */
  readonly lines: LogLine[] = [];

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }

  /** The lines with that message, and with at least these fields. */
  find(message: string, fields: LogFields = {}): LogLine[] {
    const wanted = Object.entries(fields);
    return this.lines.filter(
      (line) => line.message === message && wanted.every(([name, value]) => line.fields[name] === value),
    );
  }

  #add(level: LogLine['level'], message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields });
  }
}
