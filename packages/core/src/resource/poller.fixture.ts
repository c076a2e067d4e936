import { FakeConnection, requestFor, type Scene } from '../port.fixture';
import type { Resource } from './resource';

/** A client at /room whose polls say the same each time. */
export class Poller {
  readonly resource: Resource;
  #request;

  constructor(readonly scene: Scene) {
    this.resource = scene.connect('poll').resource;
    this.#request = requestFor('poll', { id: this.resource.uuid });
  }

  /** A poll that says what the last one said, unless it is to say something else. */
  poll(saysElse?: string): FakeConnection {
    const { app, poll } = this.scene;
    const { uuid: id } = this.resource;
    this.#request =
      saysElse === undefined ? this.#request.again('127.0.0.1') : requestFor('poll', { id, query: saysElse });
    const resource = app.connect(this.#request) as Resource;
    const { resting } = resource;
    const goesOn = saysElse === undefined && resting instanceof FakeConnection;
    const connection = goesOn ? resting : new FakeConnection(poll, this.#request, resource);
    connection.request = this.#request;
    connection.writes.length = 0;
    if (goesOn) connection.comeBack();
    else resource.attach(connection);
    return connection;
  }

  /** A poll that says what the last one said, and passes interceptors by if it may. */
  repeat(): FakeConnection {
    const resting = this.scene.app.resources.resting(this.#request.wire.poll ?? '');
    if (!(resting instanceof FakeConnection)) return this.poll();
    resting.writes.length = 0;
    resting.comeBack();
    return resting;
  }

  /** Answers a poll that is held. */
  answer(): void {
    this.scene.app.broadcasters.lookup('/room').broadcast('hello');
    this.scene.clock.turn();
  }

  pollAndAnswer(times: number): void {
    for (let time = 0; time < times; time++) {
      this.poll();
      this.answer();
    }
  }
}
