import { Deliveries } from './delivery';
import { decodeMessage, MessageType } from './message';

describe('A delivery', () => {
  const deliveries = new Deliveries('5e521c56');

  it.each<[string, string | Buffer]>([
    ['no text', ''],
    ['a text', 'Zoë 😀'],
    ['127 bytes of text', 'x'.repeat(127)],
    ['128 bytes of text', 'x'.repeat(128)],
    ['16 383 bytes of text', 'x'.repeat(16_383)],
    ['16 384 bytes of text', 'ä'.repeat(8192)],
    ['three million bytes', Buffer.alloc(3_000_000, 7)],
    ['bytes', Buffer.of(0, 255)],
  ])('is read as it was written: %s', (_what, payload) => {
    for (const topic of ['', '/chat/blue', '/ä'.repeat(100)])
      for (const sequence of [0, 9, 1_234_567_890_123]) {
        const { payload: read, ...rest } = decodeMessage(deliveries.encode(payload, sequence, topic));
        // A comparison of elements would take minutes.
        expect(typeof read === 'string' ? read === payload : Buffer.compare(read, payload as Buffer) === 0).toBe(true);
        expect(rest).toEqual({
          type: MessageType.MESSAGE,
          topic,
          headers: new Map([
            ['epoch', '5e521c56'],
            ['offset', String(sequence)],
          ]),
          trackingId: '',
        });
      }
  });

  it('says that it is a reply', () => {
    const { headers, payload } = decodeMessage(deliveries.encode('a1.', 7, '', true));
    expect([headers.get('reply'), headers.get('offset'), payload]).toEqual(['true', '7', 'a1.']);
  });

  it('names its topic, however many there are', () => {
    for (let index = 0; index < 3000; index++)
      expect(decodeMessage(deliveries.encode('x', index, `/room/${index}`)).topic).toBe(`/room/${index}`);
  });
});
