import { connect } from '@ionosphere/testing';
import { start } from './ticker';

test('The ticker sends prices one after the other, and refuses who wants them too often', async () => {
  const server = await start(0);
  const client = await connect(server, '/ticker/tea?every=10');
  for (let i = 0; i < 3; i++) expect(await client.receiveJson()).toEqual({ of: 'tea', price: expect.any(Number) });
  await client.close();
  await expect(connect(server, '/ticker/tea?every=1')).rejects.toMatchObject({ code: 'bad-request' });
  await server.stop();
});
