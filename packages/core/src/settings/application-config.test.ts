import { ApplicationConfig } from './application-config';
import { configure, defaultConfig, type Config } from './config';
import { ManagedService } from '../declaration/decorators';
import { DeclarationError } from '../errors';
import { Scene } from '../port.fixture';
import { foreignKeys, type ForeignKey } from './foreign';
import { settings, type Setting } from './table';

const from = (...strings: unknown[]): Config => configure({}, strings as string[]);
const failing =
  (...strings: unknown[]) =>
  (): Config =>
    from(...strings);

const keys = Object.entries<Setting<unknown>>(settings).flatMap(([name, setting]) =>
  Object.entries(setting.keys).map(([constant, key]) => ({ name, setting, constant, key })),
);

describe('ApplicationConfig', () => {
  it("has Atmosphere's keys under the names of its constants, each key once", () => {
    expect(ApplicationConfig.WEBSOCKET_SUPPORT).toBe('org.atmosphere.useWebSocket');
    expect(ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS).toBe(
      'org.atmosphere.interceptor.HeartbeatInterceptor.heartbeatFrequencyInSeconds',
    );
    const all = Object.values(ApplicationConfig);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((key) => !/^org\.atmosphere\.[\w.]+$/.test(key))).toEqual([]);
  });
});

describe('A string of Atmosphere', () => {
  it('is key=value, with or without spaces around', () => {
    const { RESUME_ON_BROADCAST: key } = ApplicationConfig;
    for (const said of [`${key}=true`, ` ${key} =  TRUE `]) expect(from(said).resumeOnBroadcast).toBe(true);
    expect(from(`${ApplicationConfig.HEARTBEAT_PADDING_CHAR}= `).heartbeatPadding).toBe(' ');
    expect(from(`${ApplicationConfig.HEARTBEAT_PADDING_CHAR}=a=b`).heartbeatPadding).toBe('a=b');
  });

  it.each(['', '=', '=5', 'org.atmosphere.useWebSocket', 'org.atmosphere.useWebSocket true', 5, null])(
    'is refused when it is none: %j',
    (said) => {
      expect(failing(said)).toThrow(DeclarationError);
      expect(failing(said)).toThrow(`${JSON.stringify(said)} in atmosphereConfig is not key=value, such as "org.atm`);
    },
  );

  it.each([
    ['org.atmosphere.useWebsocket', '"org.atmosphere.useWebSocket"'],
    ['org.atmosphere.cpr.maxInactiveActivity', '"org.atmosphere.cpr.CometSupport.maxInactiveActivity"'],
    ['org.atmosphere.cpr.broadcasterClas', '"org.atmosphere.cpr.broadcasterClass"'],
    ['WEBSOCKET_SUPORT', '"org.atmosphere.useWebSocket", which is ApplicationConfig.WEBSOCKET_SUPPORT'],
  ])('with the unknown key %s is refused, and the error names the nearest', (key, nearest) => {
    expect(failing(`${key}=1`)).toThrow(DeclarationError);
    expect(failing(`${key}=1`)).toThrow(`"${key}=1": there is no key "${key}"; did you mean ${nearest}`);
  });

  it.each(['org.atmosphere.nosuch', 'org.atmosphere.', 'toString', 'acme.poolSize'])(
    'with the unknown key %s, near which there is none, is refused without a suggestion',
    (key) => {
      expect(failing(`${key}=1`)).toThrow(`"${key}=1": there is no key "${key}"; docs/configuration.md has all`);
    },
  );

  it.each(
    keys.flatMap((known) => {
      const { is } = known.setting;
      // Any string is a list of texts.
      const bad = ['no such value', ''].find((text) => !is.accepts(is.read(text)));
      return bad === undefined ? [] : [[known.constant, bad, known] as const];
    }),
  )('is refused when %s has the value "%s", and the error says what is wanted', (_, bad, { name, key, setting }) => {
    const said = `"${key.key}=${bad}"`;
    const wanted = key.only ? `${said}: its value must be true or false` : `; it must be ${setting.is.wanted}`;
    expect(failing(said.slice(1, -1))).toThrow(wanted);
    if (!key.only) expect(failing(said.slice(1, -1))).toThrow(`${said} sets ${name} to `);
  });

  it('in milliseconds is a setting in seconds', () => {
    const inMillis = keys.filter(({ key }) => key.unit === 'ms').map(({ name }) => name);
    expect(inMillis).toEqual([
      'webSocketIdleSeconds',
      'stateRecoverySeconds',
      'maxInactiveSeconds',
      'broadcasterIdleSeconds',
    ]);
    expect(from(`${ApplicationConfig.MAX_INACTIVE}=1500`).maxInactiveSeconds).toBe(1.5);
    expect(failing(`${ApplicationConfig.WEBSOCKET_IDLETIME}=1000`)).toThrow(
      '"org.atmosphere.websocket.maxIdleTime=1000" sets webSocketIdleSeconds to 1; it must be 0, or a whole number from 8 to 960',
    );
  });

  it('may say -1 for none, where Atmosphere does', () => {
    const none = keys.filter(({ key }) => key.also);
    expect(none).toHaveLength(6);
    for (const { name, key } of none) expect(from(`${key.key}=-1`)).toHaveProperty(name, 0);
    expect(failing(`${ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS}=-1`)).toThrow('it must be a number from 0');
  });

  it('names a class with or without its package, but not one of another package', () => {
    const { BROADCASTER_CACHE: key } = ApplicationConfig;
    for (const name of ['UUIDBroadcasterCache', 'org.atmosphere.cache.UUIDBroadcasterCache'])
      expect(from(`${key}=${name}`).broadcasterCache).toBe('UUIDBroadcasterCache');
    expect(from(`${key}=org.atmosphere.cache.DefaultBroadcasterCache`).broadcasterCache).toBe('NoBroadcasterCache');
    expect(failing(`${key}=com.acme.UUIDBroadcasterCache`)).toThrow(
      'sets broadcasterCache to "com.acme.UUIDBroadcasterCache"; it must be one of MemoryLog, UUIDBroadcasterCache, BoundedMemoryCache, NoBroadcasterCache; a class of your own goes to the services themselves: @ManagedService({ broadcasterCache: MyLog })',
    );
  });

  it('counts less than what is chosen, and of two for one key the last counts', () => {
    const { HEARTBEAT_INTERVAL_IN_SECONDS: key } = ApplicationConfig;
    expect(from(`${key}=5`, `${key}=50`).heartbeatSeconds).toBe(50);
    expect(configure({ heartbeatSeconds: 7 }, [`${key}=5`]).heartbeatSeconds).toBe(7);
    expect(configure({ heartbeatSeconds: undefined }, [`${key}=5`]).heartbeatSeconds).toBe(5);
  });

  it('of several keys for one setting is the smaller bound, or all', () => {
    const { UUIDBROADCASTERCACHE_MAX_PER_CLIENT: perClient, UUIDBROADCASTERCACHE_MAX_TOTAL: total } = ApplicationConfig;
    expect(from(`${perClient}=50`, `${total}=100000`).logMessages).toBe(50);
    expect(from(`${total}=40`, `${perClient}=50`).logMessages).toBe(40);
    const { DISABLE_ATMOSPHEREINTERCEPTOR: all, DISABLE_ATMOSPHEREINTERCEPTORS: some } = ApplicationConfig;
    expect(from(`${all}=true`, `${some}=CorsInterceptor`).disableInterceptors).toBe('all');
    expect(from(`${all}=false`, `${some}=CorsInterceptor`).disableInterceptors).toEqual(['CorsInterceptor']);
  });

  it.each(Object.entries<ForeignKey>(foreignKeys))(
    'with %s is accepted when it says what is the case, and else refused with the reason',
    (_, { key, accepts, because }) => {
      for (const value of accepts) expect(from(`${key}=${value}`)).toEqual(defaultConfig);
      expect(failing(`${key}=12345`)).toThrow(DeclarationError);
      expect(failing(`${key}=12345`)).toThrow(`: ${because}`);
    },
  );

  it('of a service stops the start with the name of the service, and may not be one of the app', () => {
    const start = (said: string) => (): Scene => {
      @ManagedService({ path: '/room', atmosphereConfig: [said] })
      class Room {}
      return new Scene([Room]);
    };
    expect(start('org.atmosphere.useWebsocket=true')).toThrow(/^Room: "org.atmosphere.useWebsocket=true": there is no/);
    expect(start(`${ApplicationConfig.ALLOW_QUERYSTRING_AS_REQUEST}=false`)).toThrow(
      'Room: Setting queryAsHeaders is the same for all services; give it to the application',
    );
  });
});
