/** Facts that belong to a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where the framework and the application write their log. A class, so that a service can ask for it by type; give your
 * own as `logger` when you start.
 */
export abstract class Logger {
  abstract debug(message: string, fields?: LogFields): void;
  abstract info(message: string, fields?: LogFields): void;
  abstract warn(message: string, fields?: LogFields): void;
  abstract error(message: string, fields?: LogFields): void;
}

const nothing = (): void => undefined;

/** Writes nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
