import type { Payload } from '@ionosphere/protocol';
import { encodeValue } from '../codec/codec';
import type { BinaryMessage, JsonMessage, TextMessage } from './client-message';

/** How the messages of a route look on the wire. Extend it for a format of your own: `@AtmosphereRoute({ path, wireFormat })`. */
export class WireFormat {
  /** A message from a client. Default: bytes are binary; text that is a JSON object or array is JSON, any other is text. */
  parse(payload: Payload): TextMessage | JsonMessage | BinaryMessage {
    if (typeof payload !== 'string') return { type: 'BinaryMessage', bytes: Buffer.from(payload) };
    const content = structured(payload);
    return content === undefined ? { type: 'TextMessage', text: payload } : { type: 'JsonMessage', content };
  }

  /** A message to clients. Default: text and bytes as they are, all else as JSON. */
  render(message: unknown): Payload {
    return encodeValue(message);
  }
}

/** What people type may be a number, or `true`, and is meant as text. */
function structured(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
