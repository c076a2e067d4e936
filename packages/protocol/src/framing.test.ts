import fc from 'fast-check';
import { eventStreamEvent, eventStreamText, lengthPrefixed, LengthPrefixReader } from './framing';

/** Any JavaScript string, lone surrogates, delimiters, digits and line ends included. */
const anyText = fc
  .array(
    fc.oneof(fc.constantFrom('|', '\r', '\n', '\r\n', ' ', ':', 'data:', '1', '10|', '😀', '\ud83d', 'é'), fc.string()),
  )
  .map((parts) => parts.join(''));

/** Cuts a stream at the given places. */
function cut(stream: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  return [...ends, stream.length].map((end, index) => stream.slice(ends[index - 1] ?? 0, end));
}

function readAll(chunks: readonly string[], delimiter?: string): string[] {
  const reader = new LengthPrefixReader(delimiter);
  return chunks.flatMap((chunk) => reader.read(chunk));
}

/**
 * The algorithm of HTML, section 9.2.6, "Interpreting an event stream", as far as unnamed events need it. Written after
 * the standard, not after the writer under test.
 */
function parseEventStream(stream: string): string[] {
  const events: string[] = [];
  let data = '';
  for (const line of stream.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data !== '') events.push(data.slice(0, -1));
      data = '';
      continue;
    }
    const colon = line.indexOf(':');
    const value = colon < 0 ? '' : line.slice(colon + 1);
    if ((colon < 0 ? line : line.slice(0, colon)) === 'data') data += `${value.replace(/^ /, '')}\n`;
  }
  return events;
}

describe('A length prefix', () => {
  it.each([
    ['hello', '5|hello'],
    ['hé😀!', '5|hé😀!'],
    ['a|b', '3|a|b'],
    ['', '0|'],
    ['{"author":"Alice"}', '18|{"author":"Alice"}'],
  ])('of %j counts UTF-16 code units', (text, frame) => {
    expect(lengthPrefixed(text)).toBe(frame);
  });

  it('may stand before another delimiter', () => {
    expect(lengthPrefixed('a|b', '#')).toBe('3#a|b');
    expect(readAll([lengthPrefixed('a#b', '##')], '##')).toEqual(['a#b']);
  });
});

describe('A reader of length-prefixed texts', () => {
  it('gives the same texts wherever a stream is split', () => {
    const texts = ['hello', '', 'a|b', '12|34', 'hé😀!', '\r\n'];
    const stream = texts.map((text) => lengthPrefixed(text)).join('');
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        expect(readAll([stream.slice(0, first), stream.slice(first, second), stream.slice(second)])).toEqual(texts);
      }
    }
  });

  it('gives any texts back, in any chunks, with any delimiter', () => {
    const property = fc.property(
      fc.array(anyText, { maxLength: 8 }),
      fc.array(fc.nat(10_000), { maxLength: 12 }),
      fc.constantFrom('|', '#', '||', '<->'),
      (texts, places, delimiter) => {
        const stream = texts.map((text) => lengthPrefixed(text, delimiter)).join('');
        expect(readAll(cut(stream, places), delimiter)).toEqual(texts);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('keeps what is incomplete until the rest arrives', () => {
    const reader = new LengthPrefixReader();
    expect([reader.read('1'), reader.read('1|hello'), reader.read(' world2|')]).toEqual([[], [], ['hello world']]);
    expect(reader.read('ok')).toEqual(['ok']);
  });

  it.each(['hello|', '|x', '-1|x', '1.5|x', ' 5|hello', '1e3|x', '0x1|x', '9999999999999999|x', '٣|abc'])(
    'refuses %j, which does not start with a length',
    (stream) => {
      expect(() => new LengthPrefixReader().read(stream)).toThrow(RangeError);
    },
  );

  it('refuses what can no longer become a length before a delimiter comes', () => {
    expect(() => new LengthPrefixReader().read('<html><body>502 Bad Gateway')).toThrow(
      'a frame starts with "<html><body>502 Bad ", not with its length',
    );
  });
});

describe('An event', () => {
  it('has a data line per line of text', () => {
    expect(eventStreamEvent('5|a\nb c')).toBe('data:5|a\ndata:b c\n\n');
    expect(eventStreamEvent('')).toBe('data:\n\n');
  });

  it('keeps a leading space of each line, of which readers drop one', () => {
    expect(eventStreamEvent(' a\n  b')).toBe('data:  a\ndata:   b\n\n');
  });

  it('is read back as the text that an event stream can carry', () => {
    const property = fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (texts) => {
      const carried = texts.map(eventStreamText);
      expect(parseEventStream(carried.map(eventStreamEvent).join(''))).toEqual(carried);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('arrives with the length that stands in front of it', () => {
    const property = fc.property(fc.array(anyText, { maxLength: 6 }), fc.array(fc.nat(5_000)), (texts, places) => {
      const stream = texts.map((text) => eventStreamEvent(lengthPrefixed(eventStreamText(text)))).join('');
      const arrived = parseEventStream(cut(stream, places).join(''));
      expect(readAll(arrived)).toEqual(texts.map(eventStreamText));
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('Text for an event stream', () => {
  it('has no other line ends than LF', () => {
    expect(eventStreamText('a\r\nb\rc\n\r\n\rd')).toBe('a\nb\nc\n\n\nd');
    expect(eventStreamText('a\nb')).toBe('a\nb');
  });
});
