import { IsInt, IsString } from 'class-validator';
import { DeliverTo, ManagedService, Message } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene, type FakeConnection } from '../port.fixture';

class Text {
  @IsString() text!: string;
}

class Point {
  @IsInt() x!: number;
  @IsInt() y!: number;
}

const plain = { protocol: false };

describe('A message', () => {
  @ManagedService('/kinds')
  class Kinds {
    @Message() @DeliverTo('RESOURCE') onText(message: Text): string {
      return `text ${message.text}`;
    }
    @Message() @DeliverTo('RESOURCE') onPoint({ x, y }: Point): string {
      return `point ${x + y}`;
    }
    @Message() @DeliverTo('RESOURCE') onNumber(value: number): string {
      return `number ${value + 1}`;
    }
    @Message() @DeliverTo('RESOURCE') onFlag(value: boolean): string {
      return `flag ${String(!value)}`;
    }
    @Message({ items: Object }) @DeliverTo('RESOURCE') onList(value: unknown[]): string {
      return `list ${value.length}`;
    }
    @Message() @DeliverTo('RESOURCE') onBytes(value: Buffer): string {
      return `bytes ${value.toString('hex')}`;
    }
  }

  it.each([
    ['{"text":"a"}', 'text a'],
    ['{"x":1,"y":2}', 'point 3'],
    ['41', 'number 42'],
    ['false', 'flag true'],
    ['[1,[2],{}]', 'list 3'],
    [new Uint8Array([1, 255]), 'bytes 01ff'],
    [Buffer.from('{"text":"a"}'), `bytes ${Buffer.from('{"text":"a"}').toString('hex')}`],
  ])('is handled by the first method that takes its kind: %j', (payload, answer) => {
    const scene = new Scene([Kinds]);
    const client = scene.connect('stream', { ...plain, path: '/kinds' });
    expect(scene.answers(client, payload)).toEqual([`<${answer}>`]);
  });

  it('that no method takes is answered with what each has against it', () => {
    const scene = new Scene([Kinds]);
    const client = scene.connect('stream', { ...plain, path: '/kinds' });
    const failure = client.resource.receive('{"text":5}') as Failure;
    expect(failure).toMatchObject({ code: 'invalid-message', message: 'No method of the service takes the message.' });
    expect(failure.details?.map(({ property, message }) => `${property}: ${message}`)).toEqual(
      expect.arrayContaining(['text: onText: text must be a string', ': onNumber: The message is not a JSON number.']),
    );
    expect(client.resource.receive('nonsense')).toMatchObject({ code: 'malformed-message' });
  });

  it('is text or bytes as the one method of the service wants it', () => {
    @ManagedService('/text')
    class AsText {
      @Message() @DeliverTo('RESOURCE') onText(text: string): string {
        return text.toUpperCase();
      }
    }
    @ManagedService('/bytes')
    class AsBytes {
      @Message() @DeliverTo('RESOURCE') onBytes(bytes: Uint8Array): string {
        return `${bytes.length}`;
      }
    }
    const scene = new Scene([AsText, AsBytes]);
    const [text, bytes] = ['/text', '/bytes'].map((path) => scene.connect('stream', { ...plain, path }));
    expect(scene.answers(text as FakeConnection, Buffer.from('hé'))).toEqual(['<HÉ>']);
    expect(scene.answers(text as FakeConnection, new Uint8Array([0xff]))).toEqual(['malformed-message']);
    expect(scene.answers(bytes as FakeConnection, 'hé')).toEqual(['<3>']);
  });

  it('is refused by a service that takes none', () => {
    @ManagedService('/mute')
    class Mute {}
    const scene = new Scene([Mute]);
    const client = scene.connect('stream', { ...plain, path: '/mute' });
    expect(client.resource.receive('x')).toMatchObject({ message: 'This service takes no messages.' });
  });

  it('goes to a method without a parameter for it, whatever it is', () => {
    @ManagedService('/knock')
    class Knock {
      count = 0;
      @Message() @DeliverTo('RESOURCE') onKnock(): number {
        return ++this.count;
      }
    }
    const scene = new Scene([Knock]);
    const client = scene.connect('stream', { ...plain, path: '/knock' });
    expect(['', '{', new Uint8Array([0xff])].flatMap((payload) => scene.answers(client, payload))).toEqual([
      '<1>',
      '<2>',
      '<3>',
    ]);
  });
});

describe('Decoders and encoders of one method', () => {
  class Csv {
    accepts(payload: unknown): boolean {
      return typeof payload === 'string' && payload.includes(',');
    }
    decode(payload: unknown): string[] {
      return String(payload).split(',');
    }
  }
  const lines = {
    accepts: (payload: unknown) => typeof payload === 'string' && payload.includes('\n'),
    decode: (payload: unknown) => String(payload).split('\n'),
  };
  const parens = { encode: (value: string[]) => `(${value.join(' ')})`, accepts: Array.isArray };

  @ManagedService('/lists')
  class Lists {
    @Message({ decoders: [Csv, lines], encoders: [parens] }) @DeliverTo('RESOURCE') onList(list: unknown): unknown {
      const items = list as string[];
      return items.length > 2 ? { items } : items;
    }
  }

  it('are instances or classes, asked in order, and the default encodes what they leave', () => {
    const scene = new Scene([Lists]);
    const client = scene.connect('stream', { ...plain, path: '/lists' });
    expect(scene.answers(client, 'a,b')).toEqual(['<(a b)>']);
    expect(scene.answers(client, 'a\nb')).toEqual(['<(a b)>']);
    expect(scene.answers(client, 'a,b,c')).toEqual(['<{"items":["a","b","c"]}>']);
  });

  it('refuse what none accepts', () => {
    const scene = new Scene([Lists]);
    const client = scene.connect('stream', { ...plain, path: '/lists' });
    expect(client.resource.receive('a')).toMatchObject({
      code: 'malformed-message',
      message: 'No decoder accepts the message.',
    });
  });

  it('that throw are answered: a decoder as malformed, a failure as it is, an encoder as failed', () => {
    const boom = (): never => {
      throw new Error('boom');
    };
    @ManagedService('/boom')
    class Boom {
      @Message({
        decoders: [
          { accepts: (payload) => payload === 'decode', decode: boom },
          {
            accepts: (payload) => payload === 'fail',
            decode: () => {
              throw new Failure('forbidden');
            },
          },
          { decode: (payload) => payload },
        ],
        encoders: [{ encode: boom }],
      })
      on(_message: unknown): string {
        return 'x';
      }
    }
    const scene = new Scene([Boom]);
    const client = scene.connect('stream', { ...plain, path: '/boom' });
    const codes = ['decode', 'fail', 'encode'].map((payload) => (client.resource.receive(payload) as Failure).code);
    expect(codes).toEqual(['malformed-message', 'forbidden', 'handler-failed']);
  });
});
