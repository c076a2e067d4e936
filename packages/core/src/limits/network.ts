/** Groups of an IPv6 address that name the network; the others each peer may choose as it likes (RFC 4291, 2.5.4). */
const NETWORK_GROUPS = 4;

/** Whose an address is: of IPv6 the network of 64 bits, of anything else the address itself, also where IPv6 carries it. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = '', behind] = address.toLowerCase().split('::');
  const head = groupsOf(before);
  const tail = groupsOf(behind ?? '');
  const zeros = behind === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail];
  const carriesIPv4 = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return carriesIPv4 ? groups.join(':') : `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
