import { App, Disconnect, ManagedService, Message, ResourceEvent } from '@ionosphere/core';
import * as testing from '@ionosphere/testing';

@ManagedService({ path: '/room/{name}' })
class Room {
  @Message()
  onMessage(text: string): string {
    return text;
  }

  @Disconnect()
  onDisconnect({ broadcaster }: ResourceEvent): void {
    broadcaster.broadcast('someone is gone');
  }
}

const clock = new testing.TestClock();
const app = new App({ services: [Room], clock });

test('everyone in the room gets the message', async () => {
  const ann = await testing.connect(app, '/room/blue');
  const bob = await testing.connect(app, '/room/blue', { polling: true });
  await ann.send('hello');
  expect(ann.messages).toEqual(['hello']);
  expect(await bob.receive()).toBe('hello');
});

test('who vanishes is gone after 30 seconds', async () => {
  const ann = await testing.connect(app, '/room/red');
  const bob = await testing.connect(app, '/room/red');
  await bob.vanish();
  await clock.advance(30_000);
  expect(await ann.receive()).toBe('someone is gone');
});
