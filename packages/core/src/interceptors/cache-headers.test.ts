import { ManagedService, Message } from '../declaration/decorators';
import { Scene } from '../port.fixture';
import { CacheHeadersInterceptor } from './cache-headers';
import { FakeExchange } from './exchange.fixture';

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): string {
    return text;
  }
}

describe('CacheHeadersInterceptor', () => {
  it('keeps every answer out of caches, and lets the request go on', () => {
    const exchange = new FakeExchange();
    const answer = { status: 204 };
    expect(new CacheHeadersInterceptor().request(exchange, () => answer)).toBe(answer);
    expect(Object.fromEntries(exchange.headers)).toEqual({
      Expires: '-1',
      'Cache-Control': 'no-store, no-cache, must-revalidate',
      Pragma: 'no-cache',
    });
  });

  it('is there unless it is switched off', () => {
    const headers = (options: ConstructorParameters<typeof Scene>[1]): boolean => {
      const exchange = new FakeExchange();
      void new Scene([Room], options).app.request(exchange);
      return exchange.headers.has('Cache-Control');
    };
    expect(headers({})).toBe(true);
    expect(headers({ disableInterceptors: [CacheHeadersInterceptor] })).toBe(false);
  });
});
