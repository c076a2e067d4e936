import {
  DeliverTo,
  Disconnect,
  Failure,
  Heartbeat,
  ManagedService,
  Message,
  OnError,
  Ready,
  Resource,
  ResourceEvent,
} from '@ionosphere/server';
import { IsString, Length } from 'class-validator';
import { injectable } from 'tsyringe';
import { Journal } from './journal.fixture';

/** Something that a service was told. */
export interface Happening {
  readonly type: ResourceEvent['type'];
  readonly path: string;
  readonly uuid: string;
  readonly transport: string | undefined;
  /** The flags of the event that are true; for an error, its code. */
  readonly flags: readonly string[];
}

/** All that the services of one server were told. */
export class Happenings extends Journal<Happening> {
  of(type: Happening['type'], path?: string): Happening[] {
    return this.entries.filter((entry) => entry.type === type && (path === undefined || entry.path === path));
  }
}

const flags = ['isCancelled', 'isClosedByClient', 'isClosedByApplication', 'recovered', 'gap'] as const;

@injectable()
class Observed {
  constructor(protected readonly happenings: Happenings) {}

  @Ready()
  onReady(event: ResourceEvent): void {
    this.#note(event);
  }

  @Disconnect()
  onDisconnect(event: ResourceEvent): void {
    this.#note(event);
  }

  @Heartbeat()
  onHeartbeat(event: ResourceEvent): void {
    this.#note(event);
  }

  @OnError()
  onError(failure: Failure, { uuid, transport, endpoint }: Resource): void {
    this.happenings.push({ type: 'error', path: endpoint.path, uuid, transport, flags: [failure.code] });
  }

  #note(event: ResourceEvent): void {
    const { uuid, transport, endpoint } = event.resource;
    const { type } = event;
    this.happenings.push({ type, path: endpoint.path, uuid, transport, flags: flags.filter((flag) => event[flag]) });
  }
}

@ManagedService('/echo')
export class Echo extends Observed {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService('/fan')
export class Fan extends Observed {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

export class ChatMessage {
  @IsString() @Length(1, 40) author!: string;
  @IsString() @Length(1, 500) message!: string;
}

@ManagedService('/chat')
export class Chat extends Observed {
  @Message()
  onMessage(message: ChatMessage): ChatMessage {
    return message;
  }
}

@ManagedService('/room/{room}')
export class Room extends Observed {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService('/bin')
export class Bin extends Observed {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(bytes: Buffer): Buffer {
    return bytes;
  }
}

/** Fails, or takes its time, as it is told. */
@ManagedService('/trouble')
export class Trouble extends Observed {
  /** Orders whose handler does not return at once. */
  static readonly pending = new Journal<string>();
  /** Ends every handler that waits. */
  static release: () => void = () => undefined;
  static released = new Promise<void>((resolve) => (Trouble.release = resolve));

  @Message()
  @DeliverTo('RESOURCE')
  onMessage(order: string): string | Promise<string> {
    if (order === 'wait' || order === 'hang') Trouble.pending.push(order);
    switch (order) {
      case 'throw':
        throw new Error('secret of the handler');
      case 'reject':
        return Promise.reject(new Error('secret of the promise'));
      case 'refuse':
        throw new Failure('forbidden', 'Only the author may do this.');
      case 'wait':
        return Trouble.released.then(() => 'waited');
      case 'hang':
        return new Promise(() => undefined);
      default:
        return order;
    }
  }
}

export const services = [Echo, Fan, Chat, Room, Bin, Trouble];
