import 'reflect-metadata';
import { ready, Socket, start, stop } from '../limits.fixture';
import { metrics } from './metrics';

afterEach(stop);

test('Prometheus reads the counters in its own format', async () => {
  const { url } = await start({ routes: { 'GET /metrics': metrics }, limits: { rateLimitMessages: 1 } });
  const client = await Socket.connected();
  await ready.next();
  await client.say('1', '2');
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = (await answer.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE ionosphere_connections gauge',
      'ionosphere_connections{transport="websocket"} 1',
      'ionosphere_connections_total{transport="websocket"} 1',
      'ionosphere_resources 1',
      'ionosphere_messages_in_total 1',
      'ionosphere_failures_total{code="rate-limited"} 1',
      'ionosphere_limits_total{limit="rateLimitMessages"} 1',
    ]),
  );
  const shape = /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{\w+="[\w-]+"\})? \d+)?$/;
  expect(lines.filter((line) => !shape.test(line))).toEqual([]);
});
