import { ClientError, connect } from '@ionosphere/client/node';
import { buyAll } from './buy';
import { start } from './stock';

test('A request has its reply, or its failure', async () => {
  const server = await start(0);
  const client = connect(`${server.url}/stock`);
  expect(await client.request({ item: 'milk', count: 2 })).toEqual({ left: 3 });
  await expect(client.request({ item: 'milk', count: 4 })).rejects.toMatchObject({
    code: 'bad-request',
    message: 'There are only 3 left.',
  });
  const invalid: unknown = await client.request({ item: 'gold', count: 1 }).catch((error: unknown) => error);
  expect(invalid).toBeInstanceOf(ClientError);
  expect(invalid).toMatchObject({ code: 'invalid-message', details: [{ property: 'item', rule: 'isIn' }] });
  expect(await buyAll(server.url, 3)).toBe(3);
  await client.close();
  await server.stop();
});
