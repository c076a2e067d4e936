import type { Payload } from '@ionosphere/protocol';
import type { Frame, Transport, Wire } from './transport';

/** What an interceptor puts around every text of a resource, such as its length. */
export interface FrameLayer {
  /** Equal ids must frame equally: they share frames. */
  readonly id: string;
  /** Whether a reader can tell where the frame ends. */
  readonly delimits: boolean;
  frame(text: string): string;
}

/** Payload -> bytes of one wire. All connections that are framed alike share one object, and so every frame. */
export interface Framing {
  readonly id: string;
  /** Whether frames stay apart when they are joined into one write. */
  readonly delimited: boolean;
  frame(payload: Payload): Frame;
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
  const steps = [wire.normalize, ...layers.map((layer) => (text: string) => layer.frame(text)), wire.wrap].filter(
    (step) => step !== undefined,
  );
  const frameText =
    steps.reduce<((text: string) => string) | undefined>(
      (inner, outer) => (inner ? (text) => outer(inner(text)) : outer),
      undefined,
    ) ?? ((text: string) => text);
  const frameBytes = wire.binary
    ? (bytes: Uint8Array): Frame => bytes
    : (bytes: Uint8Array): Frame => frameText(Buffer.from(bytes).toString('base64'));
  return {
    id,
    delimited,
    frame: (payload) => (typeof payload === 'string' ? frameText(payload) : frameBytes(payload)),
  };
}
