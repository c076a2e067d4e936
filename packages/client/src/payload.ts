import { ClientError } from './errors';
import type { ConnectOptions } from './options';

/** What travels. */
type Payload = string | Uint8Array;

/** Text and bytes as they are, all else as JSON: as services encode what they send. */
export function encode(value: unknown, where: string): Payload {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  let cause: unknown;
  try {
    const json = JSON.stringify(value) as string | undefined;
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  const text = `${where}: a ${typeof value} can't be sent${cause instanceof Error ? `: ${cause.message}` : ''}. Send text, bytes, or what JSON can say`;
  throw new ClientError('bad-option', text, { cause });
}

/** The value of a message. With `json`, text that is no JSON stays text. */
export function decode(payload: Payload, format: ConnectOptions['format']): unknown {
  if (format === 'text' || typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload) as unknown;
  } catch {
    return payload;
  }
}
