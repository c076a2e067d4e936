import {
  Failure,
  inward,
  outward,
  type Frame,
  type FrameStage,
  type Payload,
  type WriteResult,
} from '@ionosphere/core';
import { WebSocketConnection } from './websocket-connection';

/** A WebSocket whose messages pass stages of the application, both ways. */
export class StagedWebSocketConnection extends WebSocketConnection {
  readonly #stages: readonly FrameStage[] = this.resource.endpoint.service.frameStages.map((make) =>
    make(this.request),
  );
  #failed = false;

  override write(frames: readonly Frame[]): WriteResult {
    const passed: Frame[] = [];
    try {
      for (const frame of frames) {
        const out = outward(this.#stages, frame);
        if (out !== undefined) passed.push(out);
      }
    } catch (error) {
      this.#fail(error);
    }
    return passed.length === 0 ? 'ok' : super.write(passed);
  }

  protected override take(payload: Payload): void {
    let passed: Payload | undefined;
    try {
      passed = inward(this.#stages, payload);
    } catch (error) {
      return this.resource.send(this.resource.refuse(Failure.from(error)));
    }
    if (passed !== undefined) super.take(passed);
  }

  /** What can't be sent must not be tried for ever. The resource is in the middle of a write: it ends when that is over. */
  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    queueMicrotask(() => this.resource.close(this.resource.refuse(Failure.from(error))));
  }
}

// A group of the library sends to all members alike: these connections are written to one by one, through their stages.
for (const ability of ['join', 'leave', 'publish'])
  Object.defineProperty(StagedWebSocketConnection.prototype, ability, { value: undefined });
