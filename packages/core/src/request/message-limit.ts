import type { Config } from '../settings/config';

type MessageLimits = Pick<Config, 'maxMessageBytes' | 'maxTextMessageBytes' | 'maxBinaryMessageBytes'>;

/** The largest message of a kind that a client may send, in bytes. */
export function messageLimit(
  { maxMessageBytes, maxTextMessageBytes, maxBinaryMessageBytes }: MessageLimits,
  kind: 'text' | 'binary',
): number {
  return (kind === 'text' ? maxTextMessageBytes : maxBinaryMessageBytes) || maxMessageBytes;
}

/** The largest message of any kind, in bytes. */
export function largestMessage(limits: MessageLimits): number {
  return Math.max(messageLimit(limits, 'text'), messageLimit(limits, 'binary'));
}

/** The largest body of a request, in bytes. */
export function bodyLimit(limits: MessageLimits & Pick<Config, 'maxBodyBytes'>): number {
  return limits.maxBodyBytes || largestMessage(limits);
}
