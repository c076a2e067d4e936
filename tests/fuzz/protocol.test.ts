import fc from 'fast-check';
import {
  compareVersions,
  DEFAULT_DELIMITER,
  eventStreamEvent,
  eventStreamText,
  formatHandshake,
  frameworkVersion,
  isTrackingId,
  LengthPrefixReader,
  lengthPrefixed,
  parseHandshake,
} from '@ionosphere/protocol';
import { anyText, check, checkBoth, tellSeed } from './runs.fixture';

const RUNS = 800;
beforeAll(tellSeed);

/** What a reader makes of a text that comes in pieces: its texts, or that it refuses. */
function read(pieces: readonly string[]): string[] | 'refused' {
  const reader = new LengthPrefixReader();
  try {
    return pieces.flatMap((piece) => reader.read(piece));
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return 'refused';
  }
}

function cut(text: string, places: readonly number[]): string[] {
  const stops = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...stops, text.length].map((stop, index) => text.slice(stops[index - 1] ?? 0, stop));
}

/** An event stream as a browser reads it (HTML, 9.2.6), for unnamed events. */
function events(stream: string): string[] {
  return stream
    .split('\n\n')
    .slice(0, -1)
    .map((event) => {
      const lines = event.split('\n');
      for (const line of lines) expect(line.startsWith('data:')).toBe(true);
      return lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
    });
}

describe('The framing', () => {
  it('reads any text without harm, the same in one piece as in many', () => {
    const places = [3, 7, 31, 64];
    checkBoth(['5|hello', '0|', '3|a|b5|hé😀!', '41|U|0|X|1|X'], RUNS, (text) => {
      const [whole, pieces] = [read([text]), read(cut(text, places))];
      expect(pieces).toEqual(whole);
      // What was read is a part of what came: nothing is made up, and nothing comes twice.
      if (whole !== 'refused')
        expect(text.startsWith(whole.map((one) => lengthPrefixed(one)).join('')) || /^0\d|[|]0\d/.test(text)).toBe(
          true,
        );
    });
  });

  it('gives back every text, wherever the stream is cut', () => {
    check(
      fc.tuple(fc.array(anyText, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 })),
      RUNS,
      ([texts, places]) => {
        const stream = texts.map((text) => lengthPrefixed(text)).join('');
        expect(read(cut(stream, places))).toEqual(texts);
      },
    );
  });

  it('puts every text into one event of an event stream', () => {
    check(anyText, RUNS, (text) => {
      const carried = eventStreamText(text);
      expect(carried).toBe(text.replace(/\r\n?/g, '\n'));
      const event = eventStreamEvent(carried);
      // A text with an empty line in it must not end its event.
      expect(events(event)).toEqual([carried]);
    });
  });
});

describe('The handshake', () => {
  const uuid = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281';

  it('is read from any text without harm', () => {
    checkBoth([`${uuid}|0|X|`, `${uuid}|60000| |`], RUNS, (text) => {
      const handshake = parseHandshake(text);
      if (!handshake) return;
      expect(handshake.uuid).not.toBe('');
      expect(handshake.heartbeatMillis).toBeGreaterThanOrEqual(0);
      expect(text.startsWith(`${handshake.uuid}|`)).toBe(true);
    });
  });

  it('is read as it was written', () => {
    const word = anyText.map((text) => text.replaceAll(DEFAULT_DELIMITER, '')).filter((text) => text !== '');
    check(fc.tuple(word, fc.nat(), word), RUNS, ([id, heartbeatMillis, padding]) => {
      const handshake = { uuid: id, heartbeatMillis, padding };
      expect(parseHandshake(formatHandshake(handshake))).toEqual(handshake);
    });
  });

  it('takes for an id of ours only what we mint', () => {
    checkBoth([uuid], RUNS, (text) => {
      if (isTrackingId(text)) expect(text).toMatch(/^[0-9a-f-]{36}$/);
    });
    check(fc.uuid({ version: 4 }), RUNS, (minted) => expect(isTrackingId(minted)).toBe(true));
  });

  it('reads versions of any text, and orders them', () => {
    checkBoth(['5.0.7', '2.3.8-javascript', '10.0'], RUNS, (text) => {
      const version = frameworkVersion(text);
      if (!version) return expect(text).not.toMatch(/^\d/);
      expect(compareVersions(version, version)).toBe(0);
      expect(Math.sign(compareVersions(version, [1]))).toBe(0 - Math.sign(compareVersions([1], version)) + 0);
    });
  });
});
