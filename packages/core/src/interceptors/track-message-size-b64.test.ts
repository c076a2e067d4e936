import { LengthPrefixReader } from '@ionosphere/protocol';
import { ManagedService, Message } from '../declaration/decorators';
import { requestFor, Scene } from '../port.fixture';
import { TrackMessageSizeB64Interceptor } from './track-message-size-b64';

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): string {
    return text;
  }
}

/** The frames of a connection without what the fake stream wraps them in. */
function framesOf(texts: readonly string[]): string[] {
  return new LengthPrefixReader().read(texts.join('').replace(/[<>]/g, ''));
}

describe('TrackMessageSizeB64Interceptor', () => {
  it('frames for the clients that ask for it, and for no other', () => {
    const interceptor = new TrackMessageSizeB64Interceptor();
    expect(interceptor.framing(requestFor('stream'))).toBeUndefined();
    const layer = interceptor.framing(requestFor('stream', { tracking: true }));
    expect(layer?.frame('hello')).toBe('8|aGVsbG8=');
    expect(Buffer.from(layer?.frame('é|😀').split('|')[1] ?? '', 'base64').toString()).toBe('é|😀');
  });

  it('takes the delimiter and the exceptions of the plain one', () => {
    const interceptor = new TrackMessageSizeB64Interceptor({ delimiter: '#', excludedContentTypes: ['image/'] });
    expect(interceptor.framing(requestFor('stream', { tracking: true }))?.frame('x')).toBe('4#eA==');
    const query = 'Content-Type=image/png';
    expect(interceptor.framing(requestFor('stream', { tracking: true, query }))).toBeUndefined();
  });

  it('takes the place of the plain one; handshake and heartbeat stay readable', () => {
    const scene = new Scene([Room], { interceptors: [TrackMessageSizeB64Interceptor] });
    const client = scene.connect('stream', { tracking: true });
    client.resource.receive('a|b');
    scene.clock.turn();
    scene.clock.advance(70_000);
    const [handshake, message, heartbeat] = framesOf(client.texts);
    expect(handshake?.split('|')[0]).toBe(client.resource.uuid);
    expect(Buffer.from(message ?? '', 'base64').toString()).toBe('a|b');
    expect(heartbeat).toBe('X');
  });
});
