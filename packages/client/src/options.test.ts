import { FakeEnvironment } from './environment.fixture';
import { settingsOf, type ConnectOptions } from './options';
import { NEW_SESSION, wireUrl } from './session';

const environment = new FakeEnvironment();

describe('Options that make no sense', () => {
  it.each<[unknown, RegExp]>([
    [{ transport: 'sse' }, /there is no option "transport"; there are .*transports/],
    [{ transports: [] }, /transports is .*; name at least one/],
    [{ transports: 'sse' }, /transports is "sse"; name at least one/],
    [{ transports: ['carrier-pigeon'] }, /transports has "carrier-pigeon"; there are websocket, sse/],
    [{ connectSeconds: 0 }, /connectSeconds is 0; it must be a number above 0/],
    [{ outboxSize: '7' }, /outboxSize is "7"; it must be a number above 0/],
    [{ upgradeSeconds: -1 }, /upgradeSeconds is -1; it must be a number above 0, or 0 for never/],
    [{ format: 'xml' }, /format is "xml"; it must be json or text/],
    [null, /the options are null; give an object/],
    ['sse', /the options are "sse"; give an object/],
    [{ parameters: 'a=1' }, /parameters is "a=1"; it must be an object, or a function/],
    [{ headers: { 'a b': 'c' } }, /headers can't be sent: .*a b/],
    [{ headers: 'a: b' }, /headers can't be sent: /],
    [{ shared: 'yes' }, /shared is "yes"; it must be true or false/],
  ])('%p is refused in words', (options, words) => {
    expect(() => settingsOf('/', options as ConnectOptions, environment)).toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringMatching(words) }),
    );
  });

  it.each(['http://', 'ftp://example.org/', 'mailto:a@b'])('the URL %p is refused in words', (url) => {
    expect(() => settingsOf(url, {}, environment)).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});

it('The URL of a connect has what the wire needs, and what the application wants, with "%20" for a space', () => {
  const settings = settingsOf('wss://example.org/chat?room=a#x', { parameters: { who: 'A B+C' } }, environment);
  expect(wireUrl(settings, 'websocket', NEW_SESSION)).toBe(
    'wss://example.org/chat?room=a&who=A%20B%2BC&X-Atmosphere-tracking-id=0&X-Atmosphere-Transport=websocket' +
      '&X-Atmosphere-Framework=5&X-atmo-protocol=true&X-Ionosphere-Position=&X-Ionosphere-Envelope=1',
  );
  const session = { id: 'u', epoch: 'e1', sequence: 7, memory: 'm1' };
  expect(wireUrl(settings, 'streaming', session)).toMatch(
    /^https:.*X-Ionosphere-Position=e1.7&X-Ionosphere-Envelope=1&X-Atmosphere-TrackMessageSize=true$/,
  );
});
