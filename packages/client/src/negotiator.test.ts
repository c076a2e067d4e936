import { FakeEnvironment } from './environment.fixture';
import { Negotiator } from './negotiator';
import { settingsOf, type ConnectOptions } from './options';

const environment = new FakeEnvironment();
const made = (options: ConnectOptions = {}): Negotiator =>
  new Negotiator(settingsOf('/chat', options, environment), environment);

/** What is tried until a round is over. */
function round(negotiator: Negotiator): string[] {
  const tried: string[] = [];
  for (let next = negotiator.next(); next; next = negotiator.next()) {
    tried.push(next);
    negotiator.failed();
  }
  return tried;
}

beforeEach(() => environment.stored.clear());

describe('The choice of a transport', () => {
  it('begins with the best, and goes on to the next', () => {
    expect(round(made())).toEqual(['websocket', 'sse', 'streaming', 'long-polling']);
    expect(round(made({ transports: ['long-polling', 'sse'] }))).toEqual(['long-polling', 'sse']);
  });

  it('stays with one that has worked for two rounds: a server that restarts refuses all', () => {
    const negotiator = made();
    negotiator.succeeded('sse');
    const rounds = [1, 2, 3, 4].map(() => {
      const tried = round(negotiator);
      negotiator.again();
      return tried;
    });
    const all = ['sse', 'websocket', 'streaming', 'long-polling'];
    expect(rounds).toEqual([['sse'], ['sse'], ['sse'], all]);
  });

  it('is remembered for the next page, until it expires', () => {
    made({ rememberSeconds: 60 }).succeeded('long-polling');
    expect(made({ rememberSeconds: 60 }).next()).toBe('long-polling');
    environment.pass(60_001);
    expect(made({ rememberSeconds: 60 }).next()).toBe('websocket');
  });

  it('is not remembered by a page that does not want it, nor from a clock that was wrong, nor from what is no choice', () => {
    made({ rememberSeconds: 0 }).succeeded('sse');
    expect(environment.stored.size).toBe(0);
    made({ rememberSeconds: 60 }).succeeded('sse');
    expect(made({ rememberSeconds: 0 }).next()).toBe('websocket');
    environment.time -= 1000;
    expect(made({ rememberSeconds: 60 }).next()).toBe('websocket');
    for (const key of environment.stored.keys()) environment.stored.set(key, '{nonsense');
    expect(made().next()).toBe('websocket');
  });

  it('offers each better transport in turn, and none where there is none', () => {
    const negotiator = made();
    expect([1, 2, 3].map(() => negotiator.better('streaming'))).toEqual(['websocket', 'sse', 'websocket']);
    expect(negotiator.better('websocket')).toBeUndefined();
  });
});
