import { BlockList, isIP } from 'node:net';
import { DeclarationError, type Config } from '@ionosphere/core';
import type { HttpResponse } from '../uws';

/** Where a request comes from: by the address of the peer, and by what proxies that are trusted say in headers. */
export type AddressOf = (peer: string, headers: ReadonlyMap<string, string>) => string;

/**
 * Compiles `trustProxy`; undefined when nobody is trusted. Each proxy adds the address of its own peer behind what it was
 * sent, so the list is read from its end, and only for as long as the one who wrote an entry is trusted: what stands before
 * may be made up. Throws a `DeclarationError` when an address is none.
 */
export function addressReader({
  trustProxy,
  forwardedHeader,
}: Pick<Config, 'trustProxy' | 'forwardedHeader'>): AddressOf | undefined {
  if (trustProxy === 0 || (typeof trustProxy === 'object' && trustProxy.length === 0)) return undefined;
  const trusts = typeof trustProxy === 'number' ? (_: string, hop: number) => hop < trustProxy : trusted(trustProxy);
  const entriesOf = forwardedHeader === 'forwarded' ? forwardedFor : (value: string) => value.split(',');
  return (peer, headers) => {
    const entries = entriesOf(headers.get(forwardedHeader) ?? '');
    let address = peer;
    for (let hop = 0; hop < entries.length && trusts(address, hop); hop++) {
      const next = addressIn(entries[entries.length - 1 - hop] ?? '');
      // Who is hidden, or unknown, counts as the proxy that says so.
      if (next === undefined) break;
      address = next;
    }
    return address;
  };
}

function trusted(addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = '', bits, more] = entry.split('/');
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    if (version === 0 || more !== undefined || (bits !== undefined && Number(bits) > most))
      throw new DeclarationError(
        `Setting trustProxy has "${entry}"; it must be an address, or a network such as 10.0.0.0/8`,
      );
    list.addSubnet(address, bits === undefined ? most : Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => isIP(address) > 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** The `for` of each element of a `Forwarded` header (RFC 7239, 4), as it stands there. */
function forwardedFor(value: string): string[] {
  const elements = value.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/g) ?? [];
  return elements.map((element) => /(?:^|;)\s*for=("(?:[^"\\]|\\.)*"|[^;,\s]*)/i.exec(element)?.[1] ?? '');
}

/** The address in an entry, without port, quotes and brackets; undefined when it is none. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? (isIP(text) ? text : text.replace(/:\d+$/, ''));
  return isIP(bare) ? bare : undefined;
}

/** Where a request comes from. */
export function addressOf(
  res: HttpResponse,
  headers: ReadonlyMap<string, string>,
  read: AddressOf | undefined,
): string {
  const peer = peerAddress(res);
  return read?.(peer, headers) ?? peer;
}

/** Begin of an IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2), as groups of four digits. */
const mapped = [0, 0, 0, 0, 0, 0xffff];

/** The address that was asked for last: whoever comes by way of a proxy has that of many others. */
let latest = { bytes: new Uint8Array(), text: '' };

/** The peer's address; empty when it has gone. */
export function peerAddress(res: HttpResponse): string {
  const bytes = new Uint8Array(res.getRemoteAddress());
  // The memory is the library's.
  if (!areEqual(bytes, latest.bytes)) latest = { bytes: bytes.slice(), text: written(bytes) };
  return latest.text;
}

function areEqual(bytes: Uint8Array, others: Uint8Array): boolean {
  if (bytes.length !== others.length) return false;
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== others[index]) return false;
  return true;
}

/**
 * Four bytes with dots between them, sixteen as groups of four digits. An IPv4 peer of a socket that listens on all addresses
 * shows as IPv6; it is told as what it is.
 */
function written(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from(
    { length: bytes.length / 2 },
    (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0),
  );
  if (mapped.every((group, index) => group === groups[index])) return bytes.subarray(12).join('.');
  return groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
}
