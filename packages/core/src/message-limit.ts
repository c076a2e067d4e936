import type { Config } from './config';

type Limits = Pick<Config, 'maxMessageBytes' | 'maxTextMessageBytes' | 'maxBinaryMessageBytes'>;

/** The largest message of a kind that a client may send, in bytes. */
export function messageLimit(
  { maxMessageBytes, maxTextMessageBytes, maxBinaryMessageBytes }: Limits,
  kind: 'text' | 'binary',
): number {
  return (kind === 'text' ? maxTextMessageBytes : maxBinaryMessageBytes) || maxMessageBytes;
}

/** The largest message of any kind, in bytes. */
export function largestMessage(limits: Limits): number {
  return Math.max(messageLimit(limits, 'text'), messageLimit(limits, 'binary'));
}
