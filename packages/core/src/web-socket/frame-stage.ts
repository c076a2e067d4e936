import type { Payload } from '@ionosphere/protocol';
import { Failure } from '../errors';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { Frame } from '../transport';

/**
 * Sees the messages of one WebSocket as they are on the wire, below decoders, encoders and framing, and may change or drop
 * them: undefined drops. What it throws about a message that came is answered like any failure; about one that goes out, it
 * ends the connection.
 */
export interface FrameStage {
  inbound?(message: Payload): Payload | undefined;
  outbound?(message: Payload): Payload | undefined;
}

/** Makes the stage of one connection. */
export type FrameStageFactory = (request: Request) => FrameStage;

/** For transports: the stages of one connection. The last one stands next to the wire. */
export class FrameStages {
  readonly #resource: Resource;
  readonly #stages: readonly FrameStage[];
  #failed = false;

  constructor(resource: Resource, request: Request) {
    this.#resource = resource;
    this.#stages = resource.endpoint.service.frameStages.map((make) => make(request));
  }

  /** What is left of a message that came, or why it is refused. */
  inward(message: Payload): Payload | Failure | undefined {
    let passed: Payload | undefined = message;
    try {
      for (let index = this.#stages.length - 1; index >= 0 && passed !== undefined; index--) {
        const stage = this.#stages[index];
        if (stage?.inbound) passed = stage.inbound(passed);
      }
      return passed;
    } catch (error) {
      return this.#resource.refuse(Failure.from(error));
    }
  }

  /** What is left of messages that go out. */
  outward(frames: readonly Frame[]): readonly Frame[] {
    const passed: Frame[] = [];
    try {
      for (const frame of frames) {
        const out = this.#outward(frame);
        if (out !== undefined) passed.push(out);
      }
    } catch (error) {
      this.#fail(error);
    }
    return passed;
  }

  #outward(message: Frame): Frame | undefined {
    let passed: Frame | undefined = message;
    for (const stage of this.#stages) {
      if (passed === undefined) return undefined;
      if (stage.outbound) passed = stage.outbound(passed);
    }
    return passed;
  }

  /** What can't be sent must not be tried for ever. The resource is in the middle of a write: it ends when that is over. */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    queueMicrotask(() => this.#resource.close(this.#resource.refuse(Failure.from(error))));
  }
}
