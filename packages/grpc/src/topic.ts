import type { Connection, Failure, Frame, Request, Resource, Transport, WriteResult } from '@ionosphere/core';
import type { Channel } from './channel';
import type { Groups, Member } from './groups';
import { encodeMessage } from './message';
import { HEARTBEAT, hasTopic } from './wire';

/** One topic on a stream: the connection of one resource. */
export class Topic implements Connection, Member {
  /** The name of the topic as a field, to go with what was sent to this resource alone. */
  readonly #field: Buffer;

  constructor(
    readonly transport: Transport,
    readonly request: Request,
    readonly resource: Resource,
    private readonly channel: Channel,
    private readonly groups: Groups,
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

  /** Whether the stream has more to write than it can. */
  congested(): boolean {
    return this.channel.full;
  }

  join(topic: string): void {
    this.groups.join(topic, this);
  }

  leave(topic: string): void {
    this.groups.leave(topic, this);
  }

  publish(topic: string, frame: Frame): void {
    this.groups.publish(topic, frame as Uint8Array, this);
  }

  publishTo(frame: Uint8Array): void {
    this.channel.write(frame);
  }

  close(failure?: Failure): void {
    this.channel.closed(this, failure);
  }
}
