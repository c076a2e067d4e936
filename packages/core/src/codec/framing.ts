import { BYTES_SIGN, gapNotice, positionedBytes, REPLY_SIGN, TEXT_SIGN, type Payload } from '@ionosphere/protocol';
import { isPayload, noPayload } from './codec';
import { silentLogger, type Logger } from '../logger';
import type { LogEntry } from '../log/message-log';
import type { Frame, Transport, Wire } from '../transport';

/** What an interceptor puts around every text of a resource, such as its length. */
export interface FrameLayer {
  /** Equal ids must frame equally: they share frames. */
  readonly id: string;
  /** Whether a reader can tell where the frame ends. */
  readonly delimits: boolean;
  frame(text: string): string;
  /** The same for what a client library reads itself: handshakes and heartbeats. Default: as `frame`. */
  frameControl?(text: string): string;
}

/** Payload -> bytes of one wire. All connections that are framed alike share one object, and so every frame. */
export interface Framing {
  readonly id: string;
  /** Whether frames stay apart when they are joined into one write. */
  readonly delimited: boolean;
  /** Whether the client gets the number of each message, and can be told where some are missing. */
  readonly positioned: boolean;
  /** Whether a frame says anything of its message but the payload, such as the number. */
  readonly tells: boolean;
  /**
   * Undefined, and logged, when a message can't be framed: none must keep a reader from what comes after it. Where the client can
   * be told, the frame is the notice of a gap.
   *
   * @param entry the message, where it is one, of which the payload is this resource's form.
   */
  frame(payload: Payload, entry?: LogEntry): Frame | undefined;
  /** A text that belongs to a connection, such as a handshake. */
  frameControl(text: string): Frame;
  /** A heartbeat with that text, ready to be written: made once, because nearly all have the same. */
  heartbeat(text: string): readonly Frame[];
}

/** Makes each framing once. */
export class Framings {
  readonly #made = new Map<string, Framing>();

  constructor(private readonly logger: Logger = silentLogger) {}

  /** @param positioned whether the client asked for the number of each message */
  of(transport: Transport, layers: readonly FrameLayer[], positioned = false): Framing {
    const { wire } = transport;
    let id = positioned ? `${wire.name} position` : wire.name;
    for (const layer of layers) id += ` ${layer.id}`;
    let framing = this.#made.get(id);
    if (!framing) this.#made.set(id, (framing = compose(id, wire, layers, positioned, this.logger)));
    return framing;
  }
}

function compose(id: string, wire: Wire, layers: readonly FrameLayer[], positioned: boolean, logger: Logger): Framing {
  const delimited = wire.boundary === 'event' || (wire.boundary === 'stream' && layers.some((layer) => layer.delimits));
  const { normalize, wrap } = wire;
  const through = (frame: (layer: FrameLayer, text: string) => string, sign?: string): TextStep =>
    chain([
      sign === undefined
        ? undefined
        : (text, entry) => (entry ? entry.sequence + (entry.reply ? REPLY_SIGN : sign) + text : text),
      normalize && ((text) => normalize(text)),
      ...layers.map<TextStep>((layer) => (text) => frame(layer, text)),
      wrap && ((text, entry) => wrap(text, entry)),
    ]);
  const plain = (layer: FrameLayer, text: string): string => layer.frame(text);
  const textOf = through(plain, positioned && !wire.encode ? TEXT_SIGN : undefined);
  const frameBase64 = through(plain, positioned ? BYTES_SIGN : undefined);
  const { encode } = wire;
  const frameText = encode ? (text: string, entry?: LogEntry): Frame => encode(textOf(text, entry), entry) : textOf;
  const frameBytes = (bytes: Uint8Array, entry?: LogEntry): Frame => {
    if (encode) return encode(bytes, entry);
    if (!wire.binary) return frameBase64(Buffer.from(bytes).toString('base64'), entry);
    return positioned && entry ? positionedBytes(bytes, entry.sequence) : bytes;
  };
  const frameControl = encode ? frameText : through((layer, text) => layer.frameControl?.(text) ?? layer.frame(text));
  const unframed = (cause: unknown, entry: LogEntry | undefined): Frame | undefined => {
    logger.error('A message could not be framed, and is left out', { broadcaster: entry?.topic, framing: id, cause });
    if (!positioned || !entry) return undefined;
    try {
      return frameControl(gapNotice(entry.sequence));
    } catch {
      // What can't frame this can't frame anything: it was logged above.
      return undefined;
    }
  };
  let lastBeat: { readonly text: string; readonly frames: readonly Frame[] } | undefined;
  return {
    id,
    delimited,
    positioned,
    tells: positioned || encode !== undefined || wrap !== undefined,
    frame: (payload, entry) => {
      try {
        const frame: unknown = typeof payload === 'string' ? frameText(payload, entry) : frameBytes(payload, entry);
        if (isPayload(frame)) return frame;
        throw noPayload('What frames it', frame);
      } catch (cause) {
        return unframed(cause, entry);
      }
    },
    frameControl: (text) => frameControl(text),
    heartbeat(text) {
      if (lastBeat?.text !== text) lastBeat = { text, frames: [frameControl(text)] };
      return lastBeat.frames;
    },
  };
}

type TextStep = (text: string, entry?: LogEntry) => string;

/** Half a surrogate pair has no UTF-8: a WebSocket would be ended by it (RFC 6455, 8.1). It becomes U+FFFD, of the same length. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** One step out of several, the first innermost. */
function chain(steps: readonly (TextStep | undefined)[]): TextStep {
  return steps
    .filter((step) => step !== undefined)
    .reduce<TextStep>((inner, outer) => (text, entry) => outer(inner(text, entry), entry), wellFormed);
}

/** Frames as one buffer, shared by every connection that gets it. */
export function joined(frames: readonly Frame[]): readonly Frame[] {
  if (frames.length === 0) return frames;
  if (frames.every((frame) => typeof frame === 'string')) return [Buffer.from(frames.join(''))];
  return [Buffer.concat(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame)))];
}
