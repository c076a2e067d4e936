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
  WebSocket,
  type WebSocketHandler,
  WebSocketHandlerService,
} from '@ionosphere/server';
import { IsString, Length } from 'class-validator';
import { EventRecord } from './event-record';

/** One process, one record: the services write it, `GET /-/events` reads it. */
export const record = new EventRecord();

/** Records what happens to the resources of the services below. */
abstract class Recorded {
  @Ready()
  onReady(event: ResourceEvent): void {
    record.add('ready', event.resource, event);
  }

  @Disconnect()
  onDisconnect(event: ResourceEvent): void {
    record.add('disconnect', event.resource, event);
  }

  @Heartbeat()
  onHeartbeat(event: ResourceEvent): void {
    record.add('heartbeat', event.resource, event);
  }

  @OnError()
  onError(_failure: Failure, resource: Resource): void {
    record.add('error', resource);
  }
}

@ManagedService({ path: '/echo' })
class Echo extends Recorded {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService({ path: '/fan' })
class Fan extends Recorded {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService({ path: '/room/{room}' })
class Room extends Recorded {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

@ManagedService({ path: '/bin' })
class Bin extends Recorded {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(bytes: Buffer): Buffer {
    return bytes;
  }
}

/** What `/chat` takes. */
class ChatMessage {
  @IsString()
  @Length(1, 40)
  author!: string;

  @IsString()
  @Length(1, 500)
  message!: string;
}

@ManagedService({ path: '/chat' })
class Chat extends Recorded {
  @Message()
  onMessage({ author, message }: ChatMessage): ChatMessage & { time: number } {
    return { author, message, time: Date.now() };
  }
}

/** Frames as they came. */
@WebSocketHandlerService({
  path: '/ws-echo',
  limits: { maxMessageBytes: 32 * 1024 * 1024 },
  config: { compression: true },
})
class WsEcho implements WebSocketHandler {
  onTextMessage(webSocket: WebSocket, text: string): void {
    webSocket.write(text);
  }

  onBinaryMessage(webSocket: WebSocket, bytes: Buffer): void {
    webSocket.write(bytes);
  }
}

export const services = [Echo, Fan, Room, Bin, Chat, WsEcho];
