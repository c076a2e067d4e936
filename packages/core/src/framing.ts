import type { Payload } from '@ionosphere/protocol';
import type { Frame, Transport, Wire } from './transport';

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
  frame(payload: Payload): Frame;
  /** There when handshakes and heartbeats are framed in another way. */
  frameControl?(text: string): Frame;
}

/** Makes each framing once. */
export class Framings {
  readonly #made = new Map<string, Framing>();

  of(transport: Transport, layers: readonly FrameLayer[]): Framing {
    const { wire } = transport;
    const id = [wire.name, ...layers.map((layer) => layer.id)].join(' ');
    let framing = this.#made.get(id);
    if (!framing) this.#made.set(id, (framing = compose(id, wire, layers)));
    return framing;
  }
}

function compose(id: string, wire: Wire, layers: readonly FrameLayer[]): Framing {
  const delimited = wire.boundary === 'event' || (wire.boundary === 'stream' && layers.some((layer) => layer.delimits));
  const through = (frame: (layer: FrameLayer, text: string) => string): TextStep =>
    chain([wire.normalize, ...layers.map((layer) => (text: string) => frame(layer, text)), wire.wrap]);
  const frameText = through((layer, text) => layer.frame(text));
  const frameBytes = wire.binary
    ? (bytes: Uint8Array): Frame => bytes
    : (bytes: Uint8Array): Frame => frameText(Buffer.from(bytes).toString('base64'));
  return {
    id,
    delimited,
    frame: (payload) => (typeof payload === 'string' ? frameText(payload) : frameBytes(payload)),
    ...(layers.some((layer) => 'frameControl' in layer) && {
      frameControl: through((layer, text) => layer.frameControl?.(text) ?? layer.frame(text)),
    }),
  };
}

type TextStep = (text: string) => string;

/** Half a surrogate pair has no UTF-8: a WebSocket would be ended by it (RFC 6455, 8.1). It becomes U+FFFD, of the same length. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** One step out of several, the first innermost. */
function chain(steps: readonly (TextStep | undefined)[]): TextStep {
  return steps
    .filter((step) => step !== undefined)
    .reduce<TextStep>((inner, outer) => (text) => outer(inner(text)), wellFormed);
}

/** Frames as one buffer, shared by every connection that gets it. */
export function joined(frames: readonly Frame[]): readonly Frame[] {
  if (frames.length === 0) return frames;
  if (frames.every((frame) => typeof frame === 'string')) return [Buffer.from(frames.join(''))];
  return [Buffer.concat(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame)))];
}
