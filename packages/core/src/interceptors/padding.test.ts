import { FakeTransport, requestFor } from '../port.fixture';
import { PaddingInterceptor } from './padding';

const preamble = (style: 'stream' | 'poll', framework: string | undefined): string | undefined =>
  new PaddingInterceptor().preamble(requestFor(style, { framework }), new FakeTransport(style));

describe('PaddingInterceptor', () => {
  it.each(['2.3.8-javascript', '3.1.3', '4.0.1'])('begins a stream of a client %s with 2048 blanks', (framework) => {
    expect(preamble('stream', framework)).toBe(`${' '.repeat(2048)}\n`);
  });

  it('begins a poll of such a client with a single blank', () => {
    expect(preamble('poll', '3.1.3')).toBe(' ');
  });

  it.each(['5.0.7', '6.0', undefined])('leaves a client %s alone: it would take it for a message', (framework) => {
    expect([preamble('stream', framework), preamble('poll', framework)]).toEqual([undefined, undefined]);
  });
});
