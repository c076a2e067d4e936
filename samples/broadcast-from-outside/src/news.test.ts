import { connect } from '@ionosphere/testing';
import { start } from './news';

test('A timer and a POST reach all who listen', async () => {
  const server = await start(0, 50);
  const client = await connect(server, '/news');
  expect(await client.receiveJson()).toEqual({ time: expect.any(String) });
  const answer = await fetch(`${server.url}/publish`, { method: 'POST', body: 'It rains' });
  expect(await answer.json()).toEqual({ receivers: 1 });
  let news: unknown;
  do news = await client.receiveJson();
  while (!Object.hasOwn(news as object, 'headline'));
  expect(news).toEqual({ headline: 'It rains' });
  await server.stop();
});
