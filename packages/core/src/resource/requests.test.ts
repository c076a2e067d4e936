import { connect, type MemoryClient } from '@ionosphere/testing';
import { App } from '../app/app';
import { DeliverTo, ManagedService, Message, Ready } from '../declaration/decorators';
import { Failure } from '../errors';
import type { Interceptor } from '../interceptors/interceptor';
import { Resource } from './resource';

const handled: string[] = [];
let release: () => void = () => undefined;

@ManagedService('/ask')
class Ask {
  @Ready()
  onReady(): string {
    return 'welcome';
  }

  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string, resource: Resource): unknown {
    handled.push(text);
    if (text === 'refuse') throw new Failure('forbidden', 'Not you.');
    if (text === 'nothing') return undefined;
    if (text === 'bytes') return Buffer.from([255, 0]);
    if (text === 'wait') return new Promise<string>((resolve) => (release = () => resolve('waited')));
    if (text === 'first') resource.send('by the way');
    return text.startsWith('large') ? 'x'.repeat(100_000) : `re: ${text}`;
  }
}

@ManagedService('/bin')
class Bin {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(bytes: Buffer): string {
    return bytes.toString('hex');
  }
}

@ManagedService('/fan')
class Fan {
  @Message()
  onMessage(text: string): string {
    return text;
  }
}

const seen: unknown[] = [];
const observer: Interceptor = {
  arrival(arrival, next) {
    seen.push(arrival.payload);
    return next(arrival);
  },
};
@ManagedService({ path: '/seen', interceptors: [observer] })
class Seen extends Ask {}

const app = new App({ services: [Ask, Bin, Fan, Seen] });
afterAll(() => app.stop({ deadlineSeconds: 0 }));
beforeEach(() => handled.splice(0));

const asking = { 'X-Ionosphere-Position': '', 'X-Ionosphere-Envelope': '1', 'X-Atmosphere-Framework': '5' };
const ask = (path = '/ask'): Promise<MemoryClient> => connect(app, path, { query: asking });
/** Messages without their numbers. */
const told = (client: MemoryClient): string[] =>
  client.messages
    .map(String)
    .filter((message) => /^\d+[:=]/.test(message))
    .map((message) => message.replace(/^\d+/, ''));

describe('A client that puts its messages into envelopes', () => {
  it('gets what the method returned as the reply to its message, and all else as it is', async () => {
    const client = await ask();
    await client.send('k1:hello');
    await client.send('k2:nothing');
    await client.send('k3:bytes');
    await client.send('k4:first');
    await client.send(':no key');
    expect(told(client)).toEqual([
      ':welcome',
      '=k1:re: hello',
      '=k2.',
      '=k3;/wA=',
      ':by the way',
      '=k4:re: first',
      ':re: no key',
    ]);
  });

  it('is told of a failure under the key of the message, also when that is empty', async () => {
    const client = await ask();
    await client.send('k1:refuse');
    await client.send(':refuse');
    await client.send('no envelope');
    expect(told(client).slice(1)).toEqual([
      '=k1!{"error":{"code":"forbidden","message":"Not you.","retry":false}}',
      '=!{"error":{"code":"forbidden","message":"Not you.","retry":false}}',
      '=!{"error":{"code":"malformed-message","message":"The message has no envelope.","retry":false}}',
    ]);
  });

  it('gets the same reply when it sends a message again, which is handled once', async () => {
    const client = await ask();
    await client.send('k1:hello');
    await client.send('k1:hello');
    await client.vanish();
    await client.reconnect();
    await client.send('k1:hello');
    expect(handled).toEqual(['hello']);
    expect(told(client).filter((text) => text === '=k1:re: hello')).toHaveLength(3);
  });

  it('has a message handled once that it repeats while the handler takes its time', async () => {
    const client = await ask();
    const both = [client.send('k1:wait'), client.send('k1:wait')];
    release();
    await Promise.all(both);
    expect(handled).toEqual(['wait']);
    expect(told(client).slice(1)).toEqual(['=k1:waited', '=k1:waited']);
  });

  it('is told when the reply to a message that it repeats had to make room', async () => {
    const client = await ask();
    for (const key of ['a', 'b', 'c']) await client.send(`${key}:large ${key}`);
    await client.send('c:large c');
    await client.send('a:large a');
    expect(handled).toHaveLength(3);
    expect(told(client).at(-2)).toMatch(/^=c:xxx/);
    expect(told(client).at(-1)).toMatch(/^=a!.*"reply-forgotten"/);
  });

  it('may have 128 messages under way: their keys are remembered beyond that', async () => {
    const client = await ask();
    for (let index = 0; index < 256; index++) await client.send(`k${index}:${index}`);
    await client.send('k0:0');
    expect(handled).toHaveLength(256);
    await client.send('k256:256');
    await client.send('k0:0');
    expect(handled.slice(256)).toEqual(['256', '0']);
  });

  it('has its messages of bytes taken out of envelopes as well', async () => {
    const client = await ask('/bin');
    await client.send(Uint8Array.of(2, 107, 49, 255, 1));
    expect(told(client)).toEqual(['=k1:ff01']);
  });

  it('is told when a message was not handled, so that it can send it again', async () => {
    const busy = new App({ services: [Ask], limits: { maxPendingMessages: 1 } });
    const client = await connect(busy, '/ask', { query: asking });
    const sent = ['k1:wait', 'k2:one', 'k3:two'].map((message) => client.send(message));
    release();
    await Promise.all(sent);
    await client.send('k3:two');
    expect(handled).toEqual(['wait', 'one', 'two']);
    expect(told(client).filter((text) => text.startsWith('=k3'))).toEqual([
      expect.stringMatching(/^=k3~.*"retry":true/),
      '=k3:re: two',
    ]);
    await busy.stop({ deadlineSeconds: 0 });
  });

  it('is told that what goes to all was handled, once it was sent', async () => {
    const client = await ask('/fan');
    await client.send('k1:hello');
    expect(told(client)).toEqual([':hello', '=k1.']);
  });

  it('meets interceptors that see its message as it is', async () => {
    const client = await ask('/seen');
    await client.send('k1:hello');
    expect(seen).toEqual(['hello']);
  });
});

it('Envelopes are for clients that ask for positions as well, and are told so in the handshake', async () => {
  const client = await connect(app, '/ask', { query: { 'X-Ionosphere-Envelope': '1' } });
  await client.send('k1:hello');
  expect(client.messages).toEqual(['welcome', 're: k1:hello']);
});
