import { nearest } from './nearest';

describe('The nearest name', () => {
  it.each([
    ['heartbeatSecond', 'heartbeatSeconds'],
    ['HEARTBEATSECONDS', 'heartbeatSeconds'],
    ['clientHeartbeat', 'clientHeartbeatSeconds'],
    ['logBites', 'logBytes'],
    ['logecond', 'logSeconds'],
  ])('of %j takes the fewest letters put in, taken out or changed: %s', (given, name) => {
    expect(nearest(given, ['heartbeatSeconds', 'clientHeartbeatSeconds', 'logBytes', 'logSeconds'])).toBe(name);
  });

  it.each(['', 'x', 'log', 'constructor', 'heartbeatMillisOfClients'])('of %j is none: nothing is near', (given) => {
    expect(nearest(given, ['heartbeatSeconds', 'clientHeartbeatSeconds', 'logBytes', 'logSeconds'])).toBeUndefined();
  });

  it('is the first of several that are equally near', () => {
    expect(nearest('cat', ['cut', 'cot'])).toBe('cut');
  });
});
