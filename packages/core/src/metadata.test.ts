import { IsString } from 'class-validator';
import { DeliverTo, Disconnect, ManagedService, Message, OnError, Ready } from './decorators';
import { Failure } from './errors';
import { Scene, type FakeConnection } from './port.fixture';
import { Resource } from './resource';
import { ResourceEvent } from './resource-event';

class Text {
  @IsString() text!: string;
}

const plain = { protocol: false };

describe('A class that extends a service', () => {
  class Base {
    @Ready() onReady(): string {
      return 'base';
    }
    @Message() @DeliverTo('RESOURCE') onText(message: Text): string {
      return `base ${message.text}`;
    }
    @Message() @DeliverTo('RESOURCE') onNumber(value: number): string {
      return `base ${value}`;
    }
  }

  @ManagedService('/derived')
  class Derived extends Base {
    override onReady(): string {
      return 'derived';
    }
    @Message() @DeliverTo('BROADCASTER') override onNumber(value: number): string {
      return `derived ${value}`;
    }
  }

  it('has its methods, calls its own where it overrides them, and counts each once', () => {
    const scene = new Scene([Derived]);
    const [a, b] = [1, 2].map(() => scene.connect('stream', { ...plain, path: '/derived' })) as [
      FakeConnection,
      FakeConnection,
    ];
    scene.clock.turn();
    expect(a.texts).toEqual(['<derived>']);
    expect(scene.answers(a, '{"text":"x"}')).toEqual(['<base x>']);
    expect(scene.answers(a, '5')).toEqual(['<derived 5>']);
    expect(b.texts).toEqual(['<derived>', '<derived 5>']);
  });
});

describe('Once an app has started', () => {
  it('nothing is reflected any more, whatever happens', async () => {
    @ManagedService('/still')
    class Still {
      @Ready() onReady(_resource: Resource): void {}
      @Message() onText(message: Text): Text {
        return message;
      }
      @Message() async onNumber(value: number): Promise<number> {
        return value;
      }
      @Disconnect() onDisconnect(_event: ResourceEvent): void {}
      @OnError() onError(_failure: Failure): void {}
    }
    const scene = new Scene([Still]);
    const names = [
      'getMetadata',
      'getOwnMetadata',
      'hasMetadata',
      'hasOwnMetadata',
      'getMetadataKeys',
      'defineMetadata',
    ] as const;
    const spies = names.map((name) => jest.spyOn(Reflect, name));
    try {
      const client = scene.connect('socket', { path: '/still', tracking: true });
      for (const payload of ['{"text":"x"}', '5', '{"text":5}', '{']) await client.resource.receive(payload);
      scene.clock.turn();
      client.resource.detach(client, 'lost');
      scene.again(client).resource.goodbye();
      expect(spies.map((spy) => spy.mock.calls)).toEqual(names.map(() => []));
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });
});
