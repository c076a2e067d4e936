import type {
  App,
  Connection,
  Failure,
  Frame,
  Payload,
  Request,
  Resource,
  Transport,
  WriteResult,
} from '@ionosphere/core';
import { admit, inTime, receive, type SetHeader } from './admission';

const transport: Transport = {
  name: 'grpc',
  oneShot: false,
  duplex: false,
  handshake: false,
  wire: { name: 'grpc reply', binary: true, boundary: 'message' },
};

/** Keeps what is sent to a resource that is there for one message. */
class Visitor implements Connection {
  readonly transport = transport;
  readonly replies: Payload[] = [];

  constructor(readonly request: Request) {}

  write(frames: readonly Frame[]): WriteResult {
    this.replies.push(...frames);
    return 'ok';
  }

  close(): void {}
}

/** What became of a message of somebody who is subscribed to nothing. */
export interface Visit {
  readonly failure: Failure | undefined;
  /** What the service sent to the sender alone. */
  readonly replies: readonly Payload[];
}

/** Hands a service a message of somebody who is not subscribed there. Rejects with a `Failure` when the sender is refused. */
export async function visit(app: App, request: Request, payload: Payload, setHeader?: SetHeader): Promise<Visit> {
  const entered = async (): Promise<Resource> => {
    await admit(app, request, setHeader);
    return app.visitor(request);
  };
  const resource = await inTime(app, request, entered(), (late) => late.leave());
  const visitor = new Visitor(request);
  resource.visit(visitor);
  const failure = await receive(resource, payload);
  resource.leave();
  return { failure, replies: visitor.replies };
}
