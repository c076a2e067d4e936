import type { Connection, Failure, Frame, Request, Resource, Transport, WriteResult } from '@ionosphere/core';
import type { Channel } from './channel';
import { encodeMessage } from './message';
import { HEARTBEAT, hasTopic } from './wire';

/** One topic on a stream: the connection of one resource. */
export class Topic implements Connection {
  /** The name of the topic as a field, to go with what was sent to this resource alone. */
  readonly #field: Buffer;

  constructor(
    readonly transport: Transport,
    readonly request: Request,
    readonly resource: Resource,
    private readonly channel: Channel,
  ) {
    this.#field = encodeMessage({ topic: this.name });
  }

  /** Path of the service. */
  get name(): string {
    return this.resource.endpoint.path;
  }

  write(frames: readonly Frame[]): WriteResult {
    let result: WriteResult = 'ok';
    for (const frame of frames) {
      const bytes = frame as Uint8Array;
      // Fields may stand in any order (protobuf encoding, "Order").
      const whole = bytes === HEARTBEAT || hasTopic(bytes) ? bytes : Buffer.concat([bytes, this.#field]);
      result = this.channel.write(whole);
      if (result === 'closed') break;
    }
    return result;
  }

  close(failure?: Failure): void {
    this.channel.closed(this, failure);
  }
}
