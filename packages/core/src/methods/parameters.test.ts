import { IsString } from 'class-validator';
import { Broadcaster } from '../broadcaster/broadcaster';
import {
  Disconnect,
  Heartbeat,
  ManagedService,
  Message,
  Named,
  OnError,
  PathParam,
  Ready,
} from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene } from '../port.fixture';
import { Request } from '../request/request';
import { Resource } from '../resource/resource';
import { ResourceEvent } from '../resource/resource-event';

class Text {
  @IsString() text!: string;
}

describe('The parameters of a method', () => {
  const seen: unknown[] = [];

  @ManagedService('/chat/{room}/{seat: [0-9]+}')
  class Chat {
    @Ready() onReady(event: ResourceEvent, resource: Resource, own: Broadcaster, request: Request): void {
      seen.push(event.type, event.resource === resource, own, request);
    }

    @Message() onMessage(
      @PathParam('seat') seat: string,
      message: Text,
      @Named('news') news: Broadcaster,
      resource: Resource,
      @PathParam('room') room: string,
    ): void {
      if (message.text === 'boom') throw new TypeError('boom');
      if (message.text === 'no') throw new Failure('forbidden', 'No.');
      seen.push(seat, message, news.id, resource.uuid, room, this instanceof Chat);
    }

    @Heartbeat() onHeartbeat(event: ResourceEvent): void {
      seen.push(event.type);
    }

    @Disconnect() onDisconnect(event: ResourceEvent): void {
      seen.push(event.type, event.isClosedByClient);
    }

    @OnError() onError(failure: Failure, error: Error, resource: Resource): void {
      seen.push(failure.code, String(error), resource.uuid);
    }
  }

  function connect() {
    const scene = new Scene([Chat], { config: { clientHeartbeatSeconds: 5 } });
    const client = scene.connect('stream', { path: '/chat/Bl%C3%BCe%20room/7' });
    return { scene, client, chat: client.resource.endpoint };
  }

  beforeEach(() => seen.splice(0));

  it('are filled by their types, in any order', () => {
    const { client, chat } = connect();
    expect(seen).toEqual(['ready', true, chat.broadcaster, client.request]);
    expect(chat.broadcaster.id).toBe('/chat/Blüe room/7');
  });

  it('are the message, variables of the path and named broadcasters', () => {
    const { client } = connect();
    seen.splice(0);
    expect(client.resource.receive('{"text":"hi"}')).toBeUndefined();
    expect(seen).toEqual([
      '7',
      Object.assign(new Text(), { text: 'hi' }),
      'news',
      client.resource.uuid,
      'Blüe room',
      true,
    ]);
    expect(seen[1]).toBeInstanceOf(Text);
  });

  it('are the event, for heartbeats and for the end', () => {
    const { client } = connect();
    seen.splice(0);
    client.resource.receive('X');
    client.resource.goodbye();
    expect(seen).toEqual(['heartbeat', 'disconnect', true]);
  });

  it('of @OnError are the failure, and the error behind it where there is one', () => {
    const { client } = connect();
    seen.splice(0);
    client.resource.receive('{"text":"boom"}');
    client.resource.receive('{"text":"no"}');
    const { uuid } = client.resource;
    expect(seen).toEqual(['handler-failed', 'TypeError: boom', uuid, 'forbidden', 'Failure: No.', uuid]);
  });
});
