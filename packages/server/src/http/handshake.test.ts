import { ManagedService, silentLogger } from '@ionosphere/core';
import { deflateOffers } from './handshake';
import { requestOnce } from '../raw-http.fixture';
import { serve, type Server } from '../serve';

describe('Offers of compression', () => {
  it.each([
    ['permessage-deflate'],
    ['permessage-deflate; client_max_window_bits'],
    ['permessage-deflate; client_max_window_bits=10; server_max_window_bits=15'],
    ['permessage-deflate;server_no_context_takeover;client_no_context_takeover'],
    ['permessage-deflate; server_max_window_bits="8"'],
    ['permessage-deflate; server_max_window_bits=9, permessage-deflate'],
  ])('%s may be accepted', (offer) => {
    expect(deflateOffers(offer)).toBe(offer);
  });

  it.each([
    [''],
    ['x-webkit-deflate-frame'],
    ['permessage-deflate; server_max_window_bits'],
    ['permessage-deflate; server_max_window_bits=7'],
    ['permessage-deflate; server_max_window_bits=16'],
    ['permessage-deflate; client_max_window_bits=08'],
    ['permessage-deflate; client_no_context_takeover=x'],
    ['permessage-deflate; client_no_context_takeover; client_no_context_takeover'],
    ['permessage-deflate; server_max_window_bits=10=10'],
    ['permessage-deflate; unknown_parameter'],
    ['permessage-deflate;'],
  ])('%s may not', (offer) => {
    expect(deflateOffers(offer)).toBe('');
  });

  it('are declined one by one', () => {
    const offers = 'permessage-deflate; server_max_window_bits=7, foo, permessage-deflate; client_max_window_bits';
    expect(deflateOffers(offers).trim()).toBe('permessage-deflate; client_max_window_bits');
  });
});

describe('A handshake', () => {
  @ManagedService({ path: '/room', config: { compression: true } })
  class Room {}

  let server: Server;
  beforeAll(async () => {
    server = await serve({ port: 0, host: '127.0.0.1', services: [Room], logger: silentLogger, signals: [] });
  });
  afterAll(() => server.stop());

  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
  };

  it.each([
    ['foo', 400],
    ['sse', 400],
    ['', 400],
    ['websocket', 101],
    ['WebSocket', 101],
  ])('that names the transport "%s" is answered with %i', async (transport, status) => {
    const response = await requestOnce(server.port, `GET /room?X-Atmosphere-Transport=${transport}`, upgrade);
    expect(response.status).toBe(status);
    if (status === 400) expect(JSON.parse(response.body).error.code).toBe('unknown-transport');
  });

  it.each([
    ['in any case', 'WebSocket'],
    ['among others', 'h2c, websocket'],
  ])('that asks for a WebSocket %s is one', async (_how, value) => {
    const response = await requestOnce(server.port, 'GET /room', { ...upgrade, Upgrade: value });
    expect([response.status, response.headers.get('sec-websocket-accept')]).toEqual([
      101,
      ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    ]);
  });

  it.each([['12'], ['8'], [''], ['13, 8']])('of version "%s" is refused, and told which there is', async (version) => {
    const before = server.app.resources.size;
    const response = await requestOnce(server.port, 'GET /room', { ...upgrade, 'Sec-WebSocket-Version': version });
    expect([response.status, response.headers.get('sec-websocket-version'), response.headers.get('upgrade')]).toEqual([
      426,
      ['13'],
      ['websocket'],
    ]);
    expect(server.app.resources.size).toBe(before);
  });

  it('that does not ask for a WebSocket is none', async () => {
    const response = await requestOnce(server.port, 'GET /room', { ...upgrade, Upgrade: 'h2c' });
    expect(response.status).toBe(426);
  });

  it.each([
    ['permessage-deflate; client_max_window_bits', true],
    ['permessage-deflate; unknown_parameter', false],
  ])('that offers %s gets compression: %s', async (offer, accepted) => {
    const headers = { ...upgrade, 'Sec-WebSocket-Extensions': offer };
    const response = await requestOnce(server.port, 'GET /room', headers);
    expect(response.status).toBe(101);
    expect(response.headers.has('sec-websocket-extensions')).toBe(accepted);
  });
});
