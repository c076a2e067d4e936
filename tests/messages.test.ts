import { Client, transports, wires } from './client.fixture';
import { TestServer } from './server.fixture';

const large = 'å|😀 line\n'.repeat(6600).slice(0, 65_536);

/** What applications send that a wire could stumble over. */
const texts = [
  'a|b',
  '|',
  '3|abc',
  'zoë 😀 \u2028 \uD834\uDD1E',
  'one\r\ntwo\nthree',
  'ends with a line end\r\n',
  'an\n\nempty line',
  '\n\nbegins with two',
  '  spaces on both sides  ',
  'data: x\nevent: y\n: z',
  '{"author":"Zoë","message":"x|y"}',
  '0',
  large,
];

/** An event stream ends its lines with LF, so it can't tell CR and CRLF from it (HTML, 9.2.6). */
const onWire = (transport: string, text: string): string => (transport === 'sse' ? text.replace(/\r\n?/g, '\n') : text);

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterEach(() => Client.closeAll());
afterAll(() => server.stop());

describe.each(wires)('atmosphere.js over $wire', ({ transport, track }) => {
  // Nothing on this wire says where a message ends: only the characters and their order are promised.
  const merges = transport === 'streaming' && !track;

  it('opens once, and echoes every kind of text as it was', async () => {
    const client = await Client.open(`${server.url}/echo`, { transport, track });
    let expected = '';
    for (const [index, text] of texts.entries()) {
      expected += onWire(transport, text);
      client.push(text);
      if (merges) await client.receivedText(expected.length);
      else await client.received(index + 1);
    }
    if (merges) expect(client.text).toBe(expected);
    else expect(client.messages.entries).toEqual(texts.map((text) => onWire(transport, text)));
    expect(client.events.entries).toEqual([{ type: 'open', transport }]);
  });

  it('brings 1000 messages in order', async () => {
    const client = await Client.open(`${server.url}/fan`, { transport, track });
    const sent = Array.from({ length: 1000 }, (_, index) => `${index}|${'x'.repeat(index % 50)}`);
    server.broadcast('/fan', ...sent);
    if (merges) expect(await client.receivedText(sent.join('').length)).toBe(sent.join(''));
    else expect(await client.received(1000)).toEqual(sent);
    expect(client.count('open')).toBe(1);
  });

  it('takes 300 messages that are sent at once, and loses none', async () => {
    const client = await Client.open(`${server.url}/echo`, { transport, track });
    const sent = Array.from({ length: 300 }, (_, index) => `<${index}>`);
    for (const text of sent) client.push(text);
    const got = (await client.receivedText(sent.join('').length)).match(/<\d+>/g) ?? [];
    // The client sends each message over HTTP as a request of its own, and they overtake each other.
    if (transport === 'websocket') expect(got).toEqual(sent);
    else expect([...got].sort()).toEqual([...sent].sort());
  });
});

describe('atmosphere.js on all transports at once', () => {
  const text = 'Grüße 😀 | {"a":"b|c"}\n\nlast line ';

  it.each([true, false])('gets the text of a broadcast alike everywhere (tracked: %s)', async (track) => {
    const clients = await Promise.all(
      transports.map((transport) => Client.open(`${server.url}/room/all`, { transport, track })),
    );
    const [first, ...others] = clients;
    first?.push(text);
    for (const client of clients) expect(await client.received(1)).toEqual([text]);
    for (const [index, client] of others.entries()) {
      client.push(`${text}${index}`);
      for (const receiver of clients) await receiver.received(index + 2);
    }
    const all = [text, ...others.map((_, index) => `${text}${index}`)];
    for (const client of clients) expect(client.messages.entries).toEqual(all);
  });

  it('brings bytes back as they were over WebSocket, and as base64 over the transports of text', async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    for (const transport of transports) {
      const client = await Client.open(`${server.url}/bin`, { transport, track: true });
      client.push(bytes.buffer);
      const [answer] = await client.received(1);
      const got = typeof answer === 'string' ? Buffer.from(answer, 'base64') : Buffer.from(answer as ArrayBuffer);
      expect(got.equals(bytes)).toBe(true);
      expect(typeof answer === 'string').toBe(transport !== 'websocket');
    }
  });
});

describe('atmosphere.js without the protocol', () => {
  it.each(['websocket', 'sse', 'streaming'] as const)('opens and gets messages over %s', async (transport) => {
    for (const track of [true, false]) {
      const client = await Client.open(`${server.url}/fan`, { transport, track, enableProtocol: false });
      server.broadcast('/fan', 'a|b');
      expect(await client.received(1)).toEqual(['a|b']);
      expect(client.events.entries).toEqual([{ type: 'open', transport }]);
    }
  });
});
