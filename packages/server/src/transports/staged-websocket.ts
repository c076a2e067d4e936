import { Failure, FrameStages, type Frame, type Payload, type WriteResult } from '@ionosphere/core';
import { WebSocketConnection } from './websocket-connection';

/** A WebSocket whose messages pass stages of the application, both ways. */
export class StagedWebSocketConnection extends WebSocketConnection {
  readonly #stages = new FrameStages(this.resource, this.request);

  override write(frames: readonly Frame[]): WriteResult {
    const passed = this.#stages.outward(frames);
    return passed.length === 0 ? 'ok' : super.write(passed);
  }

  protected override take(payload: Payload): void {
    const passed = this.#stages.inward(payload);
    if (passed instanceof Failure) this.resource.send(passed);
    else if (passed !== undefined) super.take(passed);
  }
}

// A group of the library sends to all members alike: these connections are written to one by one, through their stages.
for (const ability of ['join', 'leave', 'publish'])
  Object.defineProperty(StagedWebSocketConnection.prototype, ability, { value: undefined });
