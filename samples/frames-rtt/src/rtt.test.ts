import { once } from 'node:events';
import { WebSocket } from 'ws';
import { start } from './rtt';

test('A client that answers pings is told how far away it is', async () => {
  const server = await start(0);
  const client = new WebSocket(`${server.url.replace('http', 'ws')}/rtt`);
  const [data] = (await once(client, 'message')) as [Buffer];
  expect(JSON.parse(data.toString())).toEqual({ roundTripMillis: expect.any(Number) });
  client.close();
  await server.stop();
});
