// What a message costs, counted and not timed: a test that times would fail on a busy machine, or not at all.
import { executedBy } from './executed.fixture';
import { createHook } from 'node:async_hooks';
import { IsString, Length } from 'class-validator';
import { Broadcaster } from './broadcaster/broadcaster';
import { DeliverTo, ManagedService, Message } from './declaration/decorators';
import { Scene, type FakeConnection } from './port.fixture';
import { Resource } from './resource/resource';

class Chat {
  @IsString() @Length(1, 40) author!: string;
  @IsString() @Length(1, 500) message!: string;
  time?: number;
}

@ManagedService('/echo')
class Echo {
  @Message() @DeliverTo('RESOURCE') onMessage(chat: Chat): Chat {
    chat.time = 1;
    return chat;
  }
}

@ManagedService('/room')
class Room {
  @Message() onMessage(chat: Chat): Chat {
    chat.time = 1;
    return chat;
  }
}

@ManagedService('/others')
class Others {
  @Message() onMessage(chat: Chat, sender: Resource, broadcaster: Broadcaster): void {
    broadcaster.broadcast(chat, { except: sender });
  }
}

const text = JSON.stringify({ author: 'Ada', message: 'hello' });

/** V8 does not count all that it has inlined. What grew with a crowd would grow by hundreds. */
const SLACK = 50;

/** One more message. */
function send({ resource }: FakeConnection, payload = text): void {
  void resource.receive(payload);
}

/** A sender beside others, after messages enough that nothing happens for the first time. */
function senderBeside(path: string, sockets: number, away = 0): { sender: FakeConnection; scene: Scene } {
  const scene = new Scene([Echo, Room, Others]);
  const connect = (): FakeConnection => scene.connect('socket', { path, tracking: true });
  const sender = connect();
  for (let index = 0; index < sockets; index++) connect();
  for (let index = 0; index < away; index++) {
    const connection = connect();
    connection.resource.detach(connection, 'lost');
  }
  for (let index = 0; index < 5; index++) send(sender);
  scene.clock.turn();
  return { sender, scene };
}

/** What one more message executes, to the end of its turn. */
function costBeside(path: string, sockets: number, away = 0): number {
  const { sender, scene } = senderBeside(path, sockets, away);
  return executedBy(() => {
    send(sender);
    scene.clock.turn();
  });
}

describe('A message that is broadcast to WebSockets', () => {
  it.each(['/room', '/others'])('looks at none of them, however many there are: %s', (path) => {
    const few = costBeside(path, 10);
    expect(few).toBeGreaterThan(20);
    expect(costBeside(path, 500)).toBeLessThan(few + SLACK);
  });

  it('does not notice those who are away', () => {
    expect(costBeside('/room', 10, 500)).toBeLessThan(costBeside('/room', 10) + SLACK);
  });

  it('is parsed once, made JSON of once, and published once', () => {
    const { sender, scene } = senderBeside('/room', 100);
    // A tab, because JSON.stringify escapes it.
    const escaped = JSON.stringify({ author: 'Ada', message: '\t' });
    const [parse, stringify] = [jest.spyOn(JSON, 'parse'), jest.spyOn(JSON, 'stringify')];
    const before = scene.socket.published.length;
    send(sender, escaped);
    const calls = [parse, stringify].map(({ mock }) => mock.calls.length);
    for (const spy of [parse, stringify]) spy.mockRestore();
    expect(calls).toEqual([1, 1]);
    expect(scene.socket.published.length - before).toBe(1);
  });

  it('needs no JSON.stringify when it has texts and numbers alone, without anything to escape', () => {
    const { sender, scene } = senderBeside('/room', 100);
    const stringify = jest.spyOn(JSON, 'stringify');
    const before = scene.socket.published.length;
    send(sender);
    const calls = stringify.mock.calls.length;
    stringify.mockRestore();
    expect([calls, scene.socket.published.length - before]).toEqual([0, 1]);
  });
});

describe('A message that is answered', () => {
  it('costs the thousandth time what it cost the first times, whoever else is there', () => {
    const { sender } = senderBeside('/echo', 500);
    for (let index = 0; index < 1000; index++) send(sender);
    expect(executedBy(() => send(sender))).toBeLessThan(costBeside('/echo', 0) + SLACK);
  });
});

describe('A message that is validated', () => {
  const libraries = /node_modules\/class-(validator|transformer)\//;

  it('runs nothing of the libraries that describe it, unless it is wrong', () => {
    const { sender } = senderBeside('/echo', 0);
    expect(executedBy(() => send(sender), libraries)).toBe(0);
    expect(executedBy(() => send(sender, '{"author":5}'), libraries)).toBeGreaterThan(0);
  });
});

describe('A message with the properties of its class, in their order', () => {
  it('is read in one pass, other than one with another order', () => {
    const { sender } = senderBeside('/echo', 0);
    const readers = /core\/src\/dto\/readers\.ts$/;
    const cost = (payload: string): number => executedBy(() => send(sender, payload), readers);
    const [ordered, turned] = [cost('{"author":"Ada","message":"hello"}'), cost('{"message":"hello","author":"Ada"}')];
    expect(ordered).toBeGreaterThan(0);
    expect(ordered).toBeLessThan(turned);
  });
});

describe('A message', () => {
  it.each(['/echo', '/room', '/others'])('makes no promise, timer or macrotask: %s', (path) => {
    const { sender } = senderBeside(path, 10);
    const made: string[] = [];
    const hook = createHook({ init: (_id, type) => void made.push(type) }).enable();
    send(sender);
    hook.disable();
    expect(made).toEqual([]);
  });

  it('of which a promise was made would be noticed', () => {
    const made: string[] = [];
    const hook = createHook({ init: (_id, type) => void made.push(type) }).enable();
    void Promise.resolve();
    hook.disable();
    expect(made).toEqual(['PROMISE']);
  });
});
