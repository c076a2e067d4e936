import { Failure } from '@ionosphere/core';
import type { Exchange } from './exchange';

/** Throws when a request is no WebSocket handshake of this version (RFC 6455, 4.2.1). The library looks at its key alone. */
export function checkHandshake(exchange: Exchange): void {
  if (!asksForWebSocket(exchange.headers.get('upgrade') ?? '')) throw new Failure('upgrade-required');
  if (exchange.headers.get('sec-websocket-version')?.trim() === '13') return;
  exchange.setHeader('Sec-WebSocket-Version', '13');
  throw new Failure('upgrade-required', 'This server speaks version 13 of the WebSocket protocol.');
}

function asksForWebSocket(upgrade: string): boolean {
  // Nearly all say just that.
  if (upgrade === 'websocket') return true;
  const tokens = upgrade.toLowerCase().split(',');
  return tokens.some((token) => token.trim() === 'websocket');
}

/** Characters of a token (RFC 9110, 5.6.2). */
const token = /^[!#$%&'*+.^`|~\w-]+$/;

/** The sub-protocol that is agreed on: the first one offered, if that is a name at all; else none (RFC 6455, 4.1). */
export function subProtocol(offers: string): string {
  if (offers === '') return '';
  const first = offers.split(',')[0]?.trim() ?? '';
  return token.test(first) ? first : '';
}

const plain = ['server_no_context_takeover', 'client_no_context_takeover'];
const windowBits = /^(?:[89]|1[0-5])$/;

/** The offers of permessage-deflate that a server may accept (RFC 7692, 7.1). The library would accept any. */
export function deflateOffers(extensions: string): string {
  return extensions === '' ? '' : extensions.split(',').filter(isDeflateOffer).join(',');
}

function isDeflateOffer(offer: string): boolean {
  const [name = '', ...parameters] = offer.split(';').map((part) => part.trim());
  const names = new Set<string>();
  return (
    name === 'permessage-deflate' &&
    parameters.every((parameter) => {
      const [key = '', value, more] = parameter.split('=').map((part) => part.trim());
      const isNew = !names.has(key);
      names.add(key);
      return isNew && more === undefined && isParameter(key, value?.replace(/^"(.*)"$/, '$1'));
    })
  );
}

function isParameter(name: string, value: string | undefined): boolean {
  if (plain.includes(name)) return value === undefined;
  if (name === 'client_max_window_bits') return value === undefined || windowBits.test(value);
  return name === 'server_max_window_bits' && value !== undefined && windowBits.test(value);
}
