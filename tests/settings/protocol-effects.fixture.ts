import { AuthInterceptor } from '@ionosphere/server';
import { codeOf, Raw, Scene, type Effect, type Place, type RawOptions } from './place.fixture';

const tracked = 'X-Atmosphere-TrackMessageSize=true';

/** The fields of a handshake, without the id. */
function handshake(place: Place): string[] {
  const [text = ''] = new Raw(new Scene(place)).texts;
  return [text.slice(36)];
}

async function heartbeats(place: Place): Promise<number> {
  const scene = new Scene(place);
  const client = await scene.connect();
  await scene.clock.advance(61_000);
  return client.heartbeats;
}

/** What a broadcast looks like to a connection that wants lengths. */
function framed(place: Place, config: object, options: RawOptions): string | undefined {
  const scene = new Scene(place, { config });
  const raw = new Raw(scene, { ...options, query: `${tracked}&${options.query ?? ''}` });
  scene.broadcaster.broadcast('hi');
  raw.resource.leave();
  return raw.texts.at(-1);
}

async function held(place: Place): Promise<unknown> {
  const scene = new Scene(place);
  const options: RawOptions = { transport: 'long-polling', oneShot: true, query: tracked };
  const { resource } = new Raw(scene, options);
  const poll = new Raw(scene, options, resource.uuid);
  await scene.clock.advance(61_000);
  return { open: poll.open, texts: poll.texts };
}

/** How often an interceptor sees a message of a WebSocket. */
function seen(place: Place): number {
  let count = 0;
  const scene = new Scene(place, { interceptors: [{ arrival: (arrival, next) => (count++, next(arrival)) }] });
  void new Raw(scene).resource.receive('hi');
  return count;
}

/** What a message of a WebSocket becomes. */
function answered(place: Place): string | undefined {
  const raw = new Raw(new Scene(place));
  void raw.resource.receive('hi');
  raw.resource.leave();
  return raw.texts.at(-1);
}

/** What becomes of a text and of bytes, five long each. */
async function large(place: Place): Promise<unknown[]> {
  const client = await new Scene(place).connect();
  return [(await client.send('hello'))?.code, (await client.send(Buffer.from('hello')))?.code];
}

/** What becomes of two messages, one after the other. */
async function twice(place: Place, limits: object, pauseMillis = 0): Promise<unknown[]> {
  const scene = new Scene(place, { limits });
  const client = await scene.connect();
  const first = await client.send('1');
  await scene.clock.advance(pauseMillis);
  return [first?.code, (await client.send('2'))?.code];
}

const one = { rateLimitMessages: 1 };
const tooLarge = 'message-too-large';
const elsewhere = { host: 'here.example', origin: 'https://app.example' };
const here = { host: 'here.example', origin: 'https://here.example' };

/** The keys of what is said between a client and the server. */
export const protocolEffects = {
  HEARTBEAT_INTERVAL_IN_SECONDS: { value: '20', observe: heartbeats, without: 1, with: 3 },
  CLIENT_HEARTBEAT_INTERVAL_IN_SECONDS: { value: '7', observe: handshake, without: ['|0|X|'], with: ['|7000|X|'] },
  HEARTBEAT_PADDING_CHAR: { value: ' ', observe: handshake, without: ['|0|X|'], with: ['|0| |'] },
  RESUME_ON_HEARTBEAT: {
    value: 'false',
    observe: held,
    without: { open: false, texts: ['1|X'] },
    with: { open: true, texts: ['1|X'] },
  },
  MESSAGE_DELIMITER: { value: '#', observe: handshake, without: ['|0|X|'], with: ['#0#X#'] },
  EXCLUDED_CONTENT_TYPES: {
    value: 'application/xml, application/json',
    observe: (place) => framed(place, {}, { query: 'Content-Type=application/json' }),
    without: '2|hi',
    with: 'hi',
  },
  ENFORCE_ATMOSPHERE_VERSION: {
    value: 'false',
    observe: (place) => codeOf(() => new Raw(new Scene(place), { query: 'X-Atmosphere-Framework=1.0' })),
    without: 'unsupported-version',
    with: undefined,
  },
  ALLOW_QUERYSTRING_AS_REQUEST: {
    value: 'false',
    observe: (place) => new Raw(new Scene(place)).texts.length,
    without: 1,
    with: 0,
  },
  DISALLOW_MODIFY_QUERYSTRING: {
    value: 'true',
    observe: (place) => new Raw(new Scene(place)).request.query.has('X-Atmosphere-Transport'),
    without: false,
    with: true,
  },
  WEBSOCKET_PROTOCOL: {
    value: 'org.atmosphere.websocket.protocol.EchoProtocol',
    observe: answered,
    without: 'heard hi',
    with: 'hi',
  },
  WEBSOCKET_CONTENT_TYPE: {
    value: 'application/json',
    observe: (place) =>
      framed(place, { excludedContentTypes: ['application/json'] }, { headers: { upgrade: 'websocket' } }),
    without: '2|hi',
    with: 'hi',
  },
  INVOKE_ATMOSPHERE_INTERCEPTOR_ON_WEBSOCKET_MESSAGE: { value: 'false', observe: seen, without: 1, with: 0 },
  IN_MEMORY_STREAMING_BUFFER_SIZE: {
    value: '4',
    observe: large,
    without: [undefined, undefined],
    with: [tooLarge, tooLarge],
  },
  WEBSOCKET_MAXTEXTSIZE: {
    value: '4',
    observe: large,
    without: [undefined, undefined],
    with: [tooLarge, undefined],
  },
  WEBSOCKET_MAXBINARYSIZE: {
    value: '4',
    observe: large,
    without: [undefined, undefined],
    with: [undefined, tooLarge],
  },
  CORS_ALLOWED_ORIGINS: {
    value: 'https://other.example,https://app.example',
    observe: (place) => new Scene(place).request(elsewhere).refused,
    without: 'origin-refused',
    with: undefined,
  },
  DROP_ACCESS_CONTROL_ALLOW_ORIGIN_HEADER: {
    value: 'true',
    observe: (place) => new Scene(place).request(here).headers.includes('Access-Control-Allow-Origin'),
    without: true,
    with: false,
  },
  NO_CACHE_HEADERS: {
    value: 'true',
    observe: (place) => new Scene(place).request(here).headers.includes('Cache-Control'),
    without: true,
    with: false,
  },
  ATMOSPHERE_INTERCEPTORS: {
    value: 'org.atmosphere.interceptor.BroadcastOnPostAtmosphereInterceptor',
    observe: answered,
    without: 'heard hi',
    with: 'hi',
  },
  DISABLE_ATMOSPHEREINTERCEPTOR: {
    value: 'true',
    observe: (place) => new Scene(place).request(elsewhere),
    without: { refused: 'origin-refused', headers: [] },
    with: { refused: undefined, headers: [] },
  },
  DISABLE_ATMOSPHEREINTERCEPTORS: { value: 'HeartbeatInterceptor', observe: heartbeats, without: 1, with: 0 },
  RATE_LIMIT_MAX_MESSAGES: {
    value: '1',
    observe: (place) => twice(place, {}),
    without: [undefined, undefined],
    with: [undefined, 'rate-limited'],
  },
  RATE_LIMIT_WINDOW_SECONDS: {
    value: '1',
    observe: (place) => twice(place, one, 2000),
    without: [undefined, 'rate-limited'],
    with: [undefined, undefined],
  },
  RATE_LIMIT_POLICY: {
    value: 'drop',
    observe: (place) => twice(place, one),
    without: [undefined, 'rate-limited'],
    with: [undefined, undefined],
  },
  AUTH_TOKEN_QUERY_PARAM: {
    value: 'token',
    observe: (place) => {
      const auth = new AuthInterceptor({ validate: (token) => ({ principal: token }) });
      return codeOf(() => new Raw(new Scene(place, { interceptors: [auth] }), { query: 'token=ada' }));
    },
    without: 'unauthorized',
    with: undefined,
  },
} as const satisfies Readonly<Record<string, Effect>>;
