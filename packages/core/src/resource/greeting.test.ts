import { expectsHandshake, handshakeFor } from './greeting';
import { FakeConnection, FakeTransport, requestFor, type Visit } from '../port.fixture';
import type { Resource } from './resource';

const known = 'f9e8d7c6-0000-4000-8000-000000000000';

function expects(style: 'socket' | 'stream' | 'poll', visit: Visit, pollBroken = false): boolean {
  const connection = new FakeConnection(new FakeTransport(style), requestFor(style, visit), {} as Resource);
  return expectsHandshake(connection, { uuid: known, pollBroken, requests: undefined }, 'e1');
}

describe('A handshake', () => {
  it.each([
    ['a client without an id', { id: '0' }, [true, true, true]],
    ['a classic client without an id', { id: '0', framework: '3.1.3' }, [true, true, true]],
    ['a client that knows its id', { id: known }, [true, true, false]],
    ['a classic client that knows its id', { id: known, framework: '3.1.3' }, [false, false, false]],
    ['a client with a wrong id', { id: 'wrong' }, [true, true, true]],
    ['a classic client with a wrong id', { id: 'wrong', framework: '4.0.1' }, [false, false, false]],
    ['a client that did not ask for it', { id: '0', protocol: false }, [false, false, false]],
    ['a client that says no version and knows its id', { id: known, framework: undefined }, [false, false, false]],
  ])('is for %s over socket, stream and poll: %p, %p', (_who, visit, expected) => {
    expect((['socket', 'stream', 'poll'] as const).map((style) => expects(style, visit))).toEqual(expected);
  });

  it('is for a client that broke off its last poll, unless it is classic', () => {
    expect(expects('poll', { id: known }, true)).toBe(true);
    expect(expects('poll', { id: known, framework: '4.0.1' }, true)).toBe(false);
  });

  it.each([
    ['knows its position in this epoch', 'e1.7', false],
    ['knows its position in an earlier epoch', 'e0.7', true],
    ['does not know its position', '', true],
  ])('is for a poll of a client that %s: %p, %p', (_who, position, expected) => {
    expect(expects('poll', { id: known, query: `X-Ionosphere-Position=${position}` })).toBe(expected);
  });

  it('has id, interval in milliseconds and padding', () => {
    expect(
      handshakeFor(
        { uuid: 'u', requests: undefined },
        { serverSeconds: 60, clientSeconds: 5, padding: '~' },
        { messageDelimiter: '#' },
      ),
    ).toBe('u#5000#~#');
    expect(handshakeFor({ uuid: 'u', requests: undefined }, undefined, { messageDelimiter: '|' })).toBe('u|0|X|');
    expect(
      handshakeFor(
        { uuid: 'u', requests: undefined },
        undefined,
        { messageDelimiter: '|' },
        { epoch: 'e1', sequence: 7 },
      ),
    ).toBe('u|0|X|e1.7|');
  });
});
