import { configure, defaultConfig, type Config } from './config';
import { DeclarationError } from '../errors';

const bad = (chosen: object) => (): Config => configure(chosen);

const seconds = [
  'heartbeatSeconds',
  'clientHeartbeatSeconds',
  'recoverySeconds',
  'pollGraceSeconds',
  'connectSeconds',
  'logSeconds',
  'endpointIdleSeconds',
] as const;
const counts = ['maxMessageBytes', 'maxPendingMessages', 'logMessages', 'logBytes'] as const;

describe('The settings', () => {
  it('are the defaults when nothing is chosen, or when undefined is', () => {
    expect(configure()).toEqual(defaultConfig);
    expect(configure({ heartbeatSeconds: undefined })).toEqual(defaultConfig);
  });

  it('are the defaults but for what was chosen', () => {
    const chosen = { recoverySeconds: 0.5, logMessages: 3, heartbeatPadding: '~', unknownKeys: 'strip' } as const;
    expect(configure(chosen)).toEqual({ ...defaultConfig, ...chosen });
  });

  it.each([
    ['heartbeatSecond', 'did you mean "heartbeatSeconds"? '],
    ['toString', ''],
    ['constructor', ''],
    ['__proto__', ''],
  ])('do not include %s, and the error names one that is near', (key, mend) => {
    const chosen = JSON.parse(`{"${key}": 1}`) as object;
    expect(bad(chosen)).toThrow(DeclarationError);
    expect(bad(chosen)).toThrow(`There is no setting "${key}"; ${mend}docs/configuration.md has all`);
  });

  it.each(
    [...seconds, ...counts].flatMap((key) =>
      [-1, Number.NaN, Infinity, '5', null, true, {}].map((value): [string, unknown] => [key, value]),
    ),
  )('refuse %s: %p', (key, value) => {
    expect(bad({ [key]: value })).toThrow(DeclarationError);
    expect(bad({ [key]: value })).toThrow(`Setting ${key} is `);
  });

  it.each(
    Object.keys(defaultConfig).flatMap((key) =>
      [null, {}, Number.NaN, 5n, ['?']].map((value) => [key, value] as const),
    ),
  )('refuse %s: %p, and the error says what it must be', (key, value) => {
    // Any text is a content type, or an origin as far as settings know.
    if ((key === 'excludedContentTypes' || key === 'allowedOrigins') && Array.isArray(value)) return;
    expect(bad({ [key]: value })).toThrow(DeclarationError);
    expect(bad({ [key]: value })).toThrow(new RegExp(`^Setting ${key} is .+; it must be .+`));
  });

  it('say in the error what was given and what is wanted', () => {
    expect(bad({ heartbeatSeconds: -1 })).toThrow('Setting heartbeatSeconds is -1; it must be a number from 0');
    expect(bad({ connectSeconds: 0 })).toThrow('Setting connectSeconds is 0; it must be a number above 0');
    expect(bad({ logSeconds: Number.NaN })).toThrow('Setting logSeconds is NaN; it must be a number above 0');
    expect(bad({ logMessages: '5' })).toThrow('Setting logMessages is "5"; it must be a whole number from 1');
    expect(bad({ unknownKeys: 'keep' })).toThrow('Setting unknownKeys is "keep"; it must be "reject" or "strip"');
  });

  it.each(counts)('take whole numbers alone for %s, from 1', (key) => {
    expect(bad({ [key]: 0 })).toThrow(DeclarationError);
    expect(bad({ [key]: 0.5 })).toThrow(DeclarationError);
    expect(bad({ [key]: 2.5 })).toThrow(DeclarationError);
    expect(configure({ [key]: 1 })[key]).toBe(1);
  });

  it('let a WebSocket be silent for as long as the library can wait', () => {
    for (const webSocketIdleSeconds of [0, 8, 960])
      expect(configure({ webSocketIdleSeconds })).toMatchObject({ webSocketIdleSeconds });
    for (const webSocketIdleSeconds of [1, 7, 8.5, 961])
      expect(bad({ webSocketIdleSeconds })).toThrow('it must be 0, or a whole number from 8 to 960');
  });

  it('of a service are those of the app, but for what it says itself', () => {
    const app = configure({ recoverySeconds: 5, logMessages: 7 });
    const service = configure({ logMessages: 8 }, ['org.atmosphere.resumeOnBroadcast=true'], app);
    expect(service).toEqual({ ...defaultConfig, recoverySeconds: 5, logMessages: 8, resumeOnBroadcast: true });
    expect(() => configure({ logSweepSeconds: 5 }, [], app)).toThrow(
      'Setting logSweepSeconds is the same for all services',
    );
  });

  it.each(['heartbeatSeconds', 'clientHeartbeatSeconds', 'recoverySeconds', 'pollGraceSeconds', 'endpointIdleSeconds'])(
    'take 0 for %s',
    (key) => {
      expect(configure({ [key]: 0 })).toMatchObject({ [key]: 0 });
    },
  );

  it.each(['', '1', 'X\n', 'a\rb', 5, null])('refuse the heartbeat %j and the delimiter %j', (text) => {
    expect(bad({ heartbeatPadding: text })).toThrow('Setting heartbeatPadding is ');
    expect(bad({ messageDelimiter: text })).toThrow('Setting messageDelimiter is ');
  });

  it.each(['-', 'a', 'f|', 'x-'])('refuse the delimiter %j, which a tracking id may contain', (messageDelimiter) => {
    expect(bad({ messageDelimiter })).toThrow(`Setting messageDelimiter is "${messageDelimiter}"; it must be`);
  });

  it('refuse a heartbeat that contains the delimiter', () => {
    expect(bad({ heartbeatPadding: 'a|b' })).toThrow('heartbeatPadding "a|b" contains the messageDelimiter "|"');
    expect(bad({ messageDelimiter: 'X' })).toThrow('heartbeatPadding "X" contains the messageDelimiter "X"');
    expect(configure({ heartbeatPadding: 'a|b', messageDelimiter: '#' }).messageDelimiter).toBe('#');
  });
});
