/**
 * Stands between the number of a message and a reply: what came of a message that the client had sent with a key.
 * PROTOCOL.md, "Requests".
 */
export const REPLY_SIGN = '=';

/** How many characters a key may have. */
export const MAX_KEY_LENGTH = 32;
/** How many messages with a key a client may have sent whose replies it has not got. */
export const MAX_UNANSWERED = 128;

/** A message of a client that asked for envelopes. */
export interface Enveloped {
  /** What the client calls the message, to know its reply; empty when it wants none. */
  readonly key: string;
  readonly payload: string | Uint8Array;
}

/** What came of a message. */
export interface Reply {
  readonly key: string;
  /**
   * A text, bytes in base64, a failure as JSON, or that the message was handled and nothing was returned; `refused`, with a
   * failure, when it was not handled.
   */
  readonly kind: 'text' | 'base64' | 'failure' | 'handled' | 'refused';
  readonly payload: string;
}

const kinds = { ':': 'text', ';': 'base64', '!': 'failure', '.': 'handled', '~': 'refused' } as const;
type Sign = keyof typeof kinds;
const signs = /* @__PURE__ */ Object.fromEntries(Object.entries(kinds).map(([sign, kind]) => [kind, sign])) as Record<
  Reply['kind'],
  Sign
>;

const ENVELOPE = /^([\w-]{0,32}):/;
const REPLY = /^([\w-]{0,32})([:;!.~])/;
const KEY = /^[\w-]{0,32}$/;

/** A message with its key in front: of a text as text, of bytes as its length in one byte, and its characters. */
export function envelope({ key, payload }: Enveloped): string | Uint8Array {
  if (typeof payload === 'string') return `${key}:${payload}`;
  const whole = new Uint8Array(1 + key.length + payload.length);
  whole[0] = key.length;
  for (let index = 0; index < key.length; index++) whole[index + 1] = key.charCodeAt(index);
  whole.set(payload, 1 + key.length);
  return whole;
}

/** Takes a message and its key apart, or gives undefined when it has no envelope. */
export function parseEnvelope(message: string | Uint8Array): Enveloped | undefined {
  if (typeof message === 'string') {
    const match = ENVELOPE.exec(message);
    return match ? { key: match[1] ?? '', payload: message.slice(match[0].length) } : undefined;
  }
  const [length = MAX_KEY_LENGTH + 1] = message;
  if (length > MAX_KEY_LENGTH || message.length <= length) return undefined;
  const key = String.fromCharCode(...message.subarray(1, 1 + length));
  return KEY.test(key) ? { key, payload: message.subarray(1 + length) } : undefined;
}

/** A reply as text, without the number that it is sent with. */
export function formatReply({ key, kind, payload }: Reply): string {
  return key + signs[kind] + payload;
}

/** Reads a reply, or gives undefined when the text is none. */
export function parseReply(text: string): Reply | undefined {
  const match = REPLY.exec(text);
  if (!match) return undefined;
  return { key: match[1] ?? '', kind: kinds[match[2] as Sign], payload: text.slice(match[0].length) };
}
