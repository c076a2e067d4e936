import fc from 'fast-check';
import { compareVersions, formatHandshake, frameworkVersion, isTrackingId, parseHandshake } from './handshake';

const uuid = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281';

describe('A handshake', () => {
  it('names id, heartbeat interval and padding, each ended by the delimiter', () => {
    expect(formatHandshake({ uuid, heartbeatMillis: 0, padding: 'X' })).toBe(`${uuid}|0|X|`);
    expect(formatHandshake({ uuid, heartbeatMillis: 60_000, padding: 'X' }, '#')).toBe(`${uuid}#60000#X#`);
  });

  it('has the length that clients were seen to read', () => {
    expect(formatHandshake({ uuid, heartbeatMillis: 0, padding: 'X' })).toHaveLength(41);
    expect(formatHandshake({ uuid, heartbeatMillis: 1000, padding: 'X' })).toHaveLength(44);
  });

  it('is read back as it was written', () => {
    const free = fc.string({ minLength: 1 }).filter((text) => !text.includes('|'));
    const property = fc.property(fc.uuid(), fc.nat(), free, (id, heartbeatMillis, padding) => {
      const handshake = { uuid: id, heartbeatMillis, padding };
      expect(parseHandshake(formatHandshake(handshake))).toEqual(handshake);
    });
    fc.assert(property);
  });

  it.each([{ position: { epoch: 'e1', sequence: 12 } }, { position: { epoch: 'e1', sequence: -1 }, memory: 'm1' }])(
    'with %j is read back, too',
    (more) => {
      const handshake = { uuid, heartbeatMillis: 0, padding: 'X', ...more };
      expect(parseHandshake(formatHandshake(handshake))).toEqual(handshake);
    },
  );

  it.each(['', 'hello', uuid, `${uuid}|0`, `${uuid}|0|X`, '|0|X|', `${uuid}||X|`, `${uuid}|x|X|`, `${uuid}|-1|X|`])(
    'is not seen in %j',
    (text) => {
      expect(parseHandshake(text)).toBeUndefined();
    },
  );
});

describe('A tracking id', () => {
  it('is a random UUID in lower case, as the server mints it', () => {
    expect(isTrackingId(uuid)).toBe(true);
    expect(Array.from({ length: 50 }, () => crypto.randomUUID()).every(isTrackingId)).toBe(true);
  });

  it.each([
    '',
    '0',
    'm2',
    uuid.toUpperCase(),
    `${uuid} `,
    `${uuid}\n`,
    `x${uuid}`,
    uuid.replace('-4', '-1'),
    '__proto__',
  ])('is not %j', (id) => {
    expect(isTrackingId(id)).toBe(false);
  });
});

describe('The version of a client', () => {
  it.each([
    ['5.0.7', [5, 0, 7]],
    ['2.3.8-javascript', [2, 3, 8]],
    ['4.0', [4, 0]],
    ['10', [10]],
    ['3.x', [3]],
    ['', undefined],
    ['latest', undefined],
    [undefined, undefined],
  ])('is the leading number of %j', (value, version) => {
    expect(frameworkVersion(value)).toEqual(version);
  });

  it.each([
    ['10.0.0', '9.9.9', 1],
    ['2.2.1', '2.2.1', 0],
    ['2.2', '2.2.0', 0],
    ['2.2', '2.2.1', -1],
    ['2.10', '2.9', 1],
    ['1', '2.2.1', -1],
  ])('%s is compared with %s by component', (a, b, sign) => {
    const compared = compareVersions(frameworkVersion(a) ?? [], frameworkVersion(b) ?? []);
    expect(Math.sign(compared)).toBe(sign);
    expect(Math.sign(compareVersions(frameworkVersion(b) ?? [], frameworkVersion(a) ?? []))).toBe(0 - sign);
  });
});
