import { connect } from '@ionosphere/testing';
import { start } from './chat';

test('Visitors see who joins, what is said, and who leaves', async () => {
  const server = await start(0);
  const alice = await connect(server, '/the-chat');
  const bob = await connect(server, '/the-chat');
  expect(await alice.receiveJson()).toMatchObject({ author: 'system', message: 'Somebody joined' });
  await bob.send({ author: 'Bob', message: 'hello' });
  expect(await alice.receiveJson()).toMatchObject({ author: 'Bob', message: 'hello' });
  expect(await bob.receiveJson()).toMatchObject({ author: 'Bob', message: 'hello' });
  await bob.send('plain text');
  expect(await bob.receiveJson()).toMatchObject({ author: 'system', message: 'only JSON is understood' });
  await bob.close();
  expect(await alice.receiveJson()).toMatchObject({ message: 'Bob left' });
  await server.stop();
});
