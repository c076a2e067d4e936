import {
  Reply,
  type App,
  type Failure,
  type Payload,
  type Request,
  type Resource,
  type Transport,
} from '@ionosphere/core';
import { admit, inTime, receive, type SetHeader } from './admission';

const transport: Transport = {
  name: 'grpc',
  oneShot: false,
  duplex: false,
  handshake: false,
  wire: { name: 'grpc reply', binary: true, boundary: 'message' },
};

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
  const reply = new Reply(request, transport);
  resource.visit(reply);
  const failure = await receive(resource, payload);
  resource.leave();
  return { failure, replies: reply.frames };
}
