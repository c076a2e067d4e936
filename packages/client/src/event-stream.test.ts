import fc from 'fast-check';
import { eventStreamEvent } from '@ionosphere/protocol';
import { EventStreamReader } from './event-stream';

describe('An event stream', () => {
  it('is read as the server writes it, wherever it is cut', () => {
    const text = fc.string().map((value) => value.replaceAll('\r', ''));
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 9 }), (messages, size) => {
        const reader = new EventStreamReader(() => undefined);
        const whole = messages.map(eventStreamEvent).join('');
        const pieces = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        expect(pieces.flatMap((piece) => reader.read(piece))).toEqual(messages);
      }),
    );
  });

  it('may end its lines in any of three ways, even in the middle of one', () => {
    const reader = new EventStreamReader(() => undefined);
    expect(['data:a\r', '\n\r\ndata:b\rdata\r\rdata:c\n', '\n'].flatMap((piece) => reader.read(piece))).toEqual([
      'a',
      'b\n',
      'c',
    ]);
  });

  it('may have comments, ids and a pace', () => {
    const paces: number[] = [];
    const reader = new EventStreamReader((millis) => paces.push(millis));
    expect(reader.read(':comment\nid:7\nevent: x\nretry: 2500\nretry:soon\ndata: text\n\n\n')).toEqual(['text']);
    expect(paces).toEqual([2500]);
  });
});
