import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import { failures, type FailureRow } from './failures';

const rows: readonly (readonly [string, FailureRow])[] = Object.entries(failures);

/** Rows of the Markdown table under the heading "Failures". */
function documented(): string[][] {
  const text = readFileSync(join(__dirname, '..', 'PROTOCOL.md'), 'utf8');
  const section = /^## Failures$([^]*?)(?=^## |$(?![^]))/m.exec(text)?.[1] ?? '';
  return section
    .split('\n')
    .filter((line) => /^\|\s*`/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

describe('The failure table', () => {
  it('gives each close code of our own to one failure alone', () => {
    const own = rows.map(([, { close }]) => close).filter((close) => close >= 4000);
    expect(own.length).toBeGreaterThan(0);
    expect(new Set(own).size).toBe(own.length);
  });

  it('uses no close code that may not be sent (RFC 6455, 7.4)', () => {
    const sendable = (close: number): boolean =>
      (close >= 4000 && close <= 4999) || [1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(close);
    expect(rows.filter(([, { close }]) => !sendable(close))).toEqual([]);
  });

  it('uses error statuses that HTTP knows, and error codes of gRPC', () => {
    expect(rows.filter(([, { status }]) => status < 400 || STATUS_CODES[status] === undefined)).toEqual([]);
    expect(rows.filter(([, { grpc }]) => !Number.isInteger(grpc) || grpc < 1 || grpc > 16)).toEqual([]);
  });

  it('names each failure in lower case with dashes, and says something of its own in one plain sentence', () => {
    expect(rows.filter(([code]) => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([]);
    expect(rows.filter(([, { text }]) => !/^[A-Z][\x20-\x7e]+\.$/.test(text))).toEqual([]);
    expect(new Set(rows.map(([, { text }]) => text)).size).toBe(rows.length);
  });

  it('is the one in PROTOCOL.md', () => {
    const code = rows.map(([name, { close, status, grpc, retry, text }]) =>
      [`\`${name}\``, close, status, grpc, retry ? 'yes' : 'no', text].map(String),
    );
    expect(documented()).toEqual(code);
  });
});
