import { IsString } from 'class-validator';
import { ManagedService, Message, Ready } from '../declaration/decorators';
import { Failure } from '../errors';
import type { Interceptor } from '../interceptors/interceptor';
import { HandClock, Scene, requestFor, thrownBy } from '../port.fixture';
import { ResourceEvent } from '../resource/resource-event';
import { Timers } from '../time/timers';

class Line {
  @IsString() text!: string;
}

@ManagedService('/room')
class Room {
  static readonly returns: boolean[] = [];

  @Ready() onReady(event: ResourceEvent): void {
    Room.returns.push(event.gap);
  }

  @Message() onMessage(line: Line): string {
    return line.text;
  }
}

describe('A message with more keys than any honest one', () => {
  it.each([
    ['at the top', (keys: object) => keys],
    ['below', (keys: object) => ({ text: keys })],
  ])('%s is refused before class-transformer compares each with each', (_where, message) => {
    const keys = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1]));
    const client = new Scene([Room]).connect('socket', { path: '/room' });
    const failure = client.resource.receive(JSON.stringify(message(keys))) as Failure;
    expect(failure.details).toEqual([expect.objectContaining({ rule: 'keys' })]);
  });
});

describe('A connection that stays open while the log loses what it has yet to get', () => {
  it('is cut off, and its client is told of the gap when it is back', () => {
    Room.returns.splice(0);
    const scene = new Scene([Room], { config: { logMessages: 5 } });
    const client = scene.connect('stream', { path: '/room' });
    client.results.push('full');
    for (let n = 0; n < 20; n++) client.resource.broadcaster.broadcast(`m${n}`);
    scene.clock.turn();
    client.resource.drained(client);
    expect(client.closedWith?.failure).toMatchObject({ code: 'slow-client' });
    scene.again(client);
    expect(Room.returns).toEqual([false, true]);
  });

  it('does not come to that with much in one turn, because it leaves before the log is full', () => {
    const scene = new Scene([Room], { config: { logBytes: 4_000_000 } });
    const client = scene.connect('stream', { path: '/room' });
    for (let n = 0; n < 90; n++) client.resource.broadcaster.broadcast('x'.repeat(100_000));
    scene.clock.turn();
    expect(client.closedWith).toBeUndefined();
    expect(client.texts.join('').replace(/[^x]/g, '').length).toBe(9_000_000);
  });
});

describe('Half a surrogate pair in a text', () => {
  it('becomes the replacement character of the same length on every wire', () => {
    const scene = new Scene([Room]);
    const [socket, stream] = [scene.connect('socket', { path: '/room' }), scene.connect('stream', { path: '/room' })];
    socket.resource.broadcaster.broadcast('a\ud800b');
    scene.clock.turn();
    for (const { texts } of [socket, stream]) expect(texts.join('')).toContain('a\ufffdb');
  });
});

describe('A timer that is due in years', () => {
  it('leaves nothing behind when it is cancelled', () => {
    const clock = new HandClock();
    const timers = new Timers(clock, () => undefined);
    timers.after(1e12, () => undefined).cancel();
    expect(clock.waiting.size).toBe(1);
    clock.advance(5_000);
    // It was looked once more what waits, and nothing did.
    expect(clock.waiting.size).toBe(0);
  });
});

describe('A message by somebody who has no connection', () => {
  it('passes the interceptors of a connect like any other', () => {
    const refusing: Interceptor = {
      connect: () => {
        throw new Failure('unauthorized');
      },
    };
    const { app } = new Scene([Room], { interceptors: [refusing] });
    const { code } = thrownBy(() => app.visitor(requestFor('poll', { path: '/room' }))) as Failure;
    expect(code).toBe('unauthorized');
  });
});

describe('A failure with a code that does not exist', () => {
  it('is refused where it is made, so that no answer has to be found for it', () => {
    expect(() => new Failure('conflict' as 'forbidden')).toThrow(
      'There is no failure "conflict"; known are bad-request',
    );
  });
});

describe('A decorator without parentheses', () => {
  it('is told from one with them', () => {
    expect(() => Message(Room.prototype as never)).toThrow('Room: write @Message() with parentheses');
  });
});
