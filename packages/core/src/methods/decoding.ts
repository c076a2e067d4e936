import type { Payload } from '@ionosphere/protocol';
import type { Decoder } from '../codec/codec';
import { classOf, Failure } from '../errors';
import type { ReaderParts } from './reader';

/** The first decoder that accepts a payload decodes it. Throws what a decoder throws; of that the log hears once. */
export function decodeWith({
  decoders,
  where,
  warn,
}: Pick<ReaderParts, 'decoders' | 'where' | 'warn'>): (payload: Payload) => unknown {
  const told = new Set<Decoder>();
  const tell = (decoder: Decoder, cause: unknown): void => {
    // Clients can bring it about as often as they like, and what is thrown may be no more than a refusal: said once.
    if (cause instanceof Failure || told.has(decoder)) return;
    told.add(decoder);
    const who = `${where}: decoders[${decoders.indexOf(decoder)}]${classOf(decoder)}`;
    warn(`${who} threw, and its sender is told malformed-message; this is said once. A Failure refuses a message`, {
      cause,
    });
  };
  return (payload) => {
    for (const decoder of decoders) {
      try {
        if (decoder.accepts?.(payload) ?? true) return decoder.decode(payload);
      } catch (cause) {
        tell(decoder, cause);
        throw cause;
      }
    }
    return new Failure('malformed-message', 'No decoder accepts the message.');
  };
}
