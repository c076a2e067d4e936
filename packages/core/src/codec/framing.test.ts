import { eventStreamEvent, eventStreamText, LengthPrefixReader } from '@ionosphere/protocol';
import { Framings, type FrameLayer } from './framing';
import { TrackMessageSizeInterceptor } from '../interceptors/track-message-size';
import { FakeTransport, ListLogger, requestFor } from '../port.fixture';
import type { Transport } from '../transport';

const length = new TrackMessageSizeInterceptor().framing(requestFor('stream', { tracking: true })) as FrameLayer;
const shout: FrameLayer = { id: 'shout', delimits: false, frame: (text) => `${text}!` };
const events: Transport = {
  name: 'sse',
  oneShot: false,
  duplex: false,
  wire: { name: 'events', binary: false, boundary: 'event', normalize: eventStreamText, wrap: eventStreamEvent },
};
const [socket, poll] = [new FakeTransport('socket'), new FakeTransport('poll')];

describe('A framing', () => {
  it('brings the text into the form of the wire before its length is counted', () => {
    const framing = new Framings().of(events, [length]);
    const frame = framing.frame('l1\r\nl2\rl3') as string;
    expect(frame).toBe('data:8|l1\ndata:l2\ndata:l3\n\n');
    const rejoined = frame
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(5))
      .join('\n');
    expect(new LengthPrefixReader().read(rejoined)).toEqual(['l1\nl2\nl3']);
  });

  it('applies its layers in order, the wire last', () => {
    expect(new Framings().of(events, [shout, length]).frame('hi')).toBe('data:3|hi!\n\n');
    expect(new Framings().of(events, [length, shout]).frame('hi')).toBe('data:2|hi!\n\n');
  });

  it('leaves text as it is when there is nothing around it', () => {
    expect(new Framings().of(socket, []).frame('a|b\r\n')).toBe('a|b\r\n');
  });

  it('lets bytes through where the wire carries them, and makes base64 of them elsewhere', () => {
    const bytes = Buffer.from([0, 255, 7]);
    expect(new Framings().of(socket, [length]).frame(bytes)).toBe(bytes);
    expect(new Framings().of(poll, [length]).frame(bytes)).toBe('4|AP8H');
    expect(new Framings().of(events, [length]).frame(bytes.subarray(1))).toBe('data:4|/wc=\n\n');
  });

  it('makes a heartbeat once for all, as its layers frame what the client library reads itself', () => {
    const layer: FrameLayer = { ...shout, frameControl: (text) => `<${text}>` };
    const framing = new Framings().of(events, [layer]);
    const frames = framing.heartbeat('X');
    expect(frames).toEqual(['data:<X>\n\n']);
    expect(framing.heartbeat('X')).toBe(frames);
    expect(framing.heartbeat('Y')).toEqual(['data:<Y>\n\n']);
    expect(new Framings().of(events, [shout]).heartbeat('X')).toEqual(['data:X!\n\n']);
  });

  it('keeps joined frames apart on event wires, and on streams when a layer delimits', () => {
    const framings = new Framings();
    const delimited = [
      framings.of(events, []),
      framings.of(poll, []),
      framings.of(poll, [shout]),
      framings.of(poll, [length]),
    ];
    expect(delimited.map((framing) => framing.delimited)).toEqual([true, false, false, true]);
    expect(framings.of(socket, [length]).delimited).toBe(false);
  });
});

describe('Framings', () => {
  it('makes one object for all that are framed alike, and another for each that is not', () => {
    const framings = new Framings();
    expect(framings.of(socket, [length])).toBe(framings.of(new FakeTransport('socket'), [length]));
    const all = [
      framings.of(socket, []),
      framings.of(socket, [length]),
      framings.of(poll, []),
      framings.of(poll, [length, shout]),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('puts the number of the message in front, inside of the length, for a client that asked for it', () => {
    const entry = { payload: '', sequence: 7, at: 0 };
    const bytes = Uint8Array.of(0, 255);
    expect(new Framings().of(events, [length], true).frame('a\rb', entry)).toBe('data:5|7:a\ndata:b\n\n');
    expect(new Framings().of(events, [], true).frame(bytes, entry)).toBe('data:7;AP8=\n\n');
    expect(new Framings().of(socket, [], true).frame(bytes, entry)).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 0, 255),
    );
    expect(new Framings().of(socket, [length], true).frame('X')).toBe('1|X');
  });

  it('says so when it is no frame that a layer makes, and stands for a gap where there are positions', () => {
    const odd: FrameLayer = {
      id: 'odd',
      delimits: true,
      frame: () => 42 as unknown as string,
      frameControl: (text) => text,
    };
    const logger = new ListLogger();
    const entry = { payload: '', sequence: 7, at: 0, topic: '/room' };
    const framings = new Framings(logger);
    expect(framings.of(socket, [odd]).frame('x', entry)).toBeUndefined();
    expect(framings.of(socket, [odd], true).frame('x', entry)).toBe('7!gap');
    expect(logger.lines.map(({ level, fields }) => [level, fields?.['broadcaster'], fields?.['framing']])).toEqual([
      ['error', '/room', 'fake socket odd'],
      ['error', '/room', 'fake socket position odd'],
    ]);
  });

  it('is one for all that are framed alike, and another with positions', () => {
    const framings = new Framings();
    expect(framings.of(socket, [length], true)).toBe(framings.of(socket, [length], true));
    expect(framings.of(socket, [length], true)).not.toBe(framings.of(socket, [length]));
  });
});
