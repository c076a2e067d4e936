import { Failure } from '@ionosphere/core';
import { ConsoleLogger, type LogLevel } from './console-logger';

/** What is written for one call, without the time. */
function written(log: (logger: ConsoleLogger) => void, level?: LogLevel): string[] {
  const lines: string[] = [];
  log(new ConsoleLogger(level, (line) => lines.push(line)));
  return lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ''));
}

describe('The console logger', () => {
  it('writes one line per event: time, level, message, and the fields as JSON', () => {
    expect(written((logger) => logger.info('A client came', { uuid: 'x', count: 2 }))).toEqual([
      'INFO  A client came {"uuid":"x","count":2}\n',
    ]);
    expect(written((logger) => logger.error('Failed', {}))).toEqual(['ERROR Failed\n']);
  });

  it.each([
    ['debug', ['DEBUG a\n', 'INFO  a\n', 'WARN  a\n', 'ERROR a\n']],
    ['info', ['INFO  a\n', 'WARN  a\n', 'ERROR a\n']],
    ['warn', ['WARN  a\n', 'ERROR a\n']],
    ['error', ['ERROR a\n']],
  ] as const)('writes from its level on: %s', (level, lines) => {
    const all = (logger: ConsoleLogger): void =>
      (['debug', 'info', 'warn', 'error'] as const).forEach((name) => logger[name]('a'));
    expect(written(all, level)).toEqual(lines);
  });

  it('begins at info, and writes to standard error', () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      new ConsoleLogger().debug('quiet');
      new ConsoleLogger().info('loud');
      expect(write.mock.calls.map(([text]) => String(text).slice(25))).toEqual(['INFO  loud\n']);
    } finally {
      write.mockRestore();
    }
  });

  it('cuts a line that is very long, and says by how much', () => {
    const [line = ''] = written((logger) => logger.info('a', { path: 'x'.repeat(1_000_000) }));
    expect(line.length).toBeLessThan(17_000);
    expect(line).toMatch(/x\.\.\. \d{6} characters more\n$/);
  });

  it.each(['\u202e', '\u2066', '\u200f', '\u061c', '\u200b', '\ufeff', '\u00ad'])(
    'lets nobody reorder or hide a part of a line with %j',
    (evil) => {
      const [line = ''] = written((logger) => logger.info(`a${evil}b`, { [`c${evil}d`]: `e${evil}f` }));
      expect(line).toBe('INFO  a b {"c d":"e f"}\n');
    },
  );

  it.each(['\n', '\r\n', '\u2028', '\u2029', '\u0085', '\u001b[2K', '\u009b2J', '\u007f', '\0', '\u000b'])(
    'lets nobody forge a line or steer a terminal with %j',
    (evil) => {
      const forged = `${evil}2026-01-01T00:00:00.000Z ERROR forged`;
      const [line = '', ...more] = written((logger) =>
        logger.info(`x${forged}`, { [`name${forged}`]: `value${forged}` }),
      );
      expect(more).toEqual([]);
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      expect(line.endsWith('\n')).toBe(true);
    },
  );

  it('writes an error with its stack and with what caused it', () => {
    const cause = new Error('connect ECONNREFUSED');
    const [line = ''] = written((logger) =>
      logger.error('Failed', { cause: new TypeError('fetch failed', { cause }) }),
    );
    expect(line).toMatch(/"cause":"TypeError: fetch failed\\n {4}at .*ECONNREFUSED/);
    const [failure = ''] = written((logger) =>
      logger.error('Failed', { cause: new Failure('forbidden', 'No.', { cause }) }),
    );
    expect(failure).toMatch(/Failure: No\..*ECONNREFUSED/);
    expect(written((logger) => logger.info('a', { nested: [new Error('inside')] }))[0]).toContain('Error: inside');
  });

  it('survives fields that JSON can not hold', () => {
    const circular: Record<string, unknown> = { name: 'loop' };
    circular['self'] = circular;
    const hostile = {
      toJSON() {
        throw new Error('no JSON');
      },
    };
    expect(written((logger) => logger.error('a', { cause: circular }))[0]).toContain('loop');
    expect(written((logger) => logger.error('a', { cause: hostile }))).toHaveLength(1);
    expect(written((logger) => logger.error('a', { size: 10n, nothing: undefined, fn: () => 1 }))).toEqual([
      'ERROR a {"size":"10"}\n',
    ]);
  });
});
