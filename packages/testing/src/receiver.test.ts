import { Receiver } from './index';

const uuid = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281';

function receiver(options: { framed: boolean; protocol: boolean }): Receiver {
  const made = new Receiver(options);
  made.arm();
  return made;
}

describe('Receiver', () => {
  it('takes handshake and heartbeats, and keeps the rest', () => {
    const client = receiver({ framed: false, protocol: true });
    for (const text of [`${uuid}|5000|X|`, 'X', 'XX', 'X']) client.take(text);
    expect(client.handshake).toEqual({ uuid, heartbeatMillis: 5000, padding: 'X' });
    expect([client.heartbeats, client.messages]).toEqual([2, ['XX']]);
  });

  it('cuts framed texts apart, wherever the pieces end', () => {
    const client = receiver({ framed: true, protocol: true });
    for (const piece of [`41|${uuid}|0|X|3|a`, '|b1|', 'X0', '|2|😀']) client.take(piece);
    expect([client.heartbeats, client.messages]).toEqual([1, ['a|b', '', '😀']]);
  });

  it('takes a message that came in one piece with the handshake', () => {
    const client = receiver({ framed: false, protocol: true });
    client.take(`${uuid}|0|X|a|b`);
    expect(client.messages).toEqual(['a|b']);
  });

  it('expects a handshake again on the next connection, and forgets half a frame of the last', () => {
    const client = receiver({ framed: true, protocol: true });
    client.take(`41|${uuid}|0|X|9|half`);
    client.arm();
    client.take(`41|${uuid}|0|X|1|a`);
    expect(client.messages).toEqual(['a']);
  });

  it('takes neither handshake nor heartbeat without the protocol', () => {
    const client = receiver({ framed: false, protocol: false });
    for (const text of [`${uuid}|0|X|`, 'X']) client.take(text);
    expect([client.heartbeats, client.messages]).toEqual([0, [`${uuid}|0|X|`, 'X']]);
  });

  it('tells whoever waits that the first text was no handshake', async () => {
    const client = receiver({ framed: false, protocol: true });
    const ready = client.ready();
    client.take('hello');
    await ready;
    await expect(client.next(1000)).rejects.toThrow('The first text must be a handshake, but it is "hello"');
  });

  it('tells whoever waits that a frame was broken', async () => {
    const client = receiver({ framed: true, protocol: false });
    const next = client.next(1000);
    client.take('x|hello');
    await expect(next).rejects.toThrow(RangeError);
  });
});
