import {
  DeliverTo,
  Disconnect,
  Failure,
  Heartbeat,
  Logger,
  ManagedService,
  Message,
  PathParam,
  Ready,
  Resource,
  ResourceEvent,
} from '@ionosphere/core';
import { IsString, Length } from 'class-validator';

/* The services that every transport serves. They tell the log what happens to them, and the suite reads it there. */

/** Answers the sender alone. */
@ManagedService({ path: '/echo/{name}' })
export class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  onText(text: string): string {
    return text;
  }

  @Message()
  @DeliverTo('RESOURCE')
  onBytes(bytes: Buffer): Buffer {
    return bytes;
  }
}

/** Passes everything on to all, and keeps a record of who comes and goes. */
@ManagedService({ path: '/room/{name}' })
export class Room {
  constructor(private readonly log: Logger) {}

  @Ready()
  onReady({ resource, recovered, gap }: ResourceEvent): void {
    this.log.info('ready', { uuid: resource.uuid, transport: resource.transport, recovered, gap });
  }

  @Message()
  onMessage(text: string): string {
    return text;
  }

  @Heartbeat()
  onHeartbeat({ resource }: ResourceEvent): void {
    this.log.info('heartbeat', { uuid: resource.uuid });
  }

  @Disconnect()
  onDisconnect({ resource, isCancelled, isClosedByClient, isClosedByApplication }: ResourceEvent): void {
    this.log.info('disconnect', { uuid: resource.uuid, isCancelled, isClosedByClient, isClosedByApplication });
  }
}

/** Greets whoever arrives, and nobody else. */
@ManagedService({ path: '/welcome/{name}' })
export class Welcome {
  @Ready()
  onReady(resource: Resource, @PathParam('name') name: string): string {
    return `welcome to ${name}, ${resource.uuid}`;
  }

  @Message()
  onMessage(text: string): string {
    return text;
  }
}

/** A message with a shape. */
export class Note {
  @IsString()
  @Length(1, 10)
  text!: string;
}

/** Takes notes that are valid. */
@ManagedService({ path: '/notes/{name}' })
export class Notes {
  @Message()
  onNote(note: Note): Note {
    return note;
  }
}

/** Does what it is told, failures included. */
@ManagedService({ path: '/orders/{name}' })
export class Orders {
  #release: () => void = () => undefined;

  constructor(private readonly log: Logger) {}

  @Message()
  async onOrder(order: string): Promise<string> {
    this.log.info(`begin ${order}`);
    if (order === 'wait') await new Promise<void>((resolve) => (this.#release = resolve));
    if (order === 'release') this.#release();
    if (order === 'reject') await Promise.reject(new Error('a secret of the server'));
    this.log.info(`end ${order}`);
    return order;
  }
}

/** Fails before it has returned a promise. */
@ManagedService({ path: '/faults/{name}' })
export class Faults {
  @Message()
  onMessage(kind: string): string {
    if (kind === 'throw') throw new Error('a secret of the server');
    if (kind === 'forbid') throw new Failure('forbidden', 'Not you.');
    return kind;
  }
}

/** All of them. */
export const services = [Echo, Room, Welcome, Notes, Orders, Faults];
