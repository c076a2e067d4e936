import { LengthPrefixReader } from '@ionosphere/protocol';
import { requestFor } from '../port.fixture';
import { TrackMessageSizeInterceptor, type TrackMessageSizeOptions } from './track-message-size';

const frame = (text: string, options?: TrackMessageSizeOptions, query = ''): string | undefined =>
  new TrackMessageSizeInterceptor(options).framing(requestFor('stream', { tracking: true, query }))?.frame(text);

describe('TrackMessageSizeInterceptor', () => {
  it('frames for the clients that ask for it, and for no other', () => {
    const interceptor = new TrackMessageSizeInterceptor();
    expect(interceptor.framing(requestFor('stream'))).toBeUndefined();
    expect(interceptor.framing(requestFor('stream', { tracking: true }))?.frame('hello')).toBe('5|hello');
  });

  it('frames also what looks framed already', () => {
    expect(frame('5|hello')).toBe('7|5|hello');
    expect(frame('a|X')).toBe('3|a|X');
  });

  it('takes another delimiter, also one of several characters', () => {
    expect(frame('a|b', { delimiter: '<->' })).toBe('3<->a|b');
    expect(new LengthPrefixReader('<->').read(frame('a<->b', { delimiter: '<->' }) ?? '')).toEqual(['a<->b']);
  });

  it.each(['', '5', 'x1'])('refuses the delimiter %j, which can not be told from a length', (delimiter) => {
    expect(() => new TrackMessageSizeInterceptor({ delimiter })).toThrow(
      `TrackMessageSizeInterceptor: the delimiter "${delimiter}" can't be told from a length`,
    );
  });

  it('leaves the content types alone that are excluded, whatever their case and parameters', () => {
    const options = { excludedContentTypes: [' Application/Octet-Stream ', '', 'image/'] };
    expect(frame('x', options, 'Content-Type=application/octet-stream%3B%20a=b')).toBeUndefined();
    expect(frame('x', options, 'Content-Type=IMAGE/png')).toBeUndefined();
    expect(frame('x', options, 'Content-Type=application/json')).toBe('1|x');
    expect(frame('x', options)).toBe('1|x');
  });

  it('gives each of its clients the same layer, and other delimiters another', () => {
    const layer = (delimiter: string): string | undefined =>
      new TrackMessageSizeInterceptor({ delimiter }).framing(requestFor('stream', { tracking: true }))?.id;
    expect(layer('|')).toBe(layer('|'));
    expect(layer('|')).not.toBe(layer('#'));
  });
});
