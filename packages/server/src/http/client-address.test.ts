import { addressReader } from './client-address';

type Trust = number | readonly string[];

/** Where a request comes from whose peer is 10.0.0.1. */
function read(trustProxy: Trust, forwardedFor: string, forwarded?: string): string | undefined {
  const forwardedHeader = forwarded === undefined ? 'x-forwarded-for' : 'forwarded';
  const headers = new Map([
    ['x-forwarded-for', forwardedFor],
    ['forwarded', forwarded ?? 'for=6.6.6.6'],
  ]);
  return addressReader({ trustProxy, forwardedHeader })?.('10.0.0.1', headers);
}

describe('The address of a client', () => {
  it('is not looked for when nobody is trusted', () => {
    expect(addressReader({ trustProxy: 0, forwardedHeader: 'forwarded' })).toBeUndefined();
    expect(addressReader({ trustProxy: [], forwardedHeader: 'forwarded' })).toBeUndefined();
  });

  it.each<[Trust, string, string]>([
    [1, '1.1.1.1', '1.1.1.1'],
    [1, 'made up, 6.6.6.6, 1.1.1.1', '1.1.1.1'],
    [2, '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
    [5, '1.1.1.1, 10.0.0.2', '1.1.1.1'],
    [1, '', '10.0.0.1'],
    [1, 'unknown', '10.0.0.1'],
    [2, '1.1.1.1, <script>', '10.0.0.1'],
    [1, '1.1.1.1:4711', '1.1.1.1'],
    [1, '[2001:db8::1]:4711', '2001:db8::1'],
    [1, ' 2001:db8::1 ', '2001:db8::1'],
    [['10.0.0.0/8'], '6.6.6.6, 1.1.1.1, 10.7.7.7', '1.1.1.1'],
    [['10.0.0.0/8', '1.1.1.1'], '6.6.6.6, 1.1.1.1', '6.6.6.6'],
    [['2001:db8::/32'], '1.1.1.1', '10.0.0.1'],
  ])('with trustProxy %j and X-Forwarded-For "%s" is %s', (trust, header, address) => {
    expect(read(trust, header)).toBe(address);
  });

  it.each<[string, string]>([
    ['for=1.1.1.1', '1.1.1.1'],
    ['for=6.6.6.6, For="1.1.1.1:80";proto=https;by=10.0.0.1', '1.1.1.1'],
    ['proto=https;for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['for="a, for=6.6.6.6", for=1.1.1.1', '1.1.1.1'],
    ['for=_hidden', '10.0.0.1'],
    ['by=1.1.1.1', '10.0.0.1'],
  ])('with Forwarded "%s" (RFC 7239) is %s', (header, address) => {
    expect(read(1, '6.6.6.6', header)).toBe(address);
  });

  it.each(['300.1.1.1', '10.0.0.0/33', ':::', '10.0.0.1/8/8'])('refuses to trust %s', (entry) => {
    expect(() => addressReader({ trustProxy: [entry], forwardedHeader: 'forwarded' })).toThrow(
      `trustProxy has "${entry}"`,
    );
  });
});
