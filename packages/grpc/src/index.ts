export { GrpcServer } from './grpc-server';
export { protoPath, SERVICE_NAME } from './definition';
export { type GrpcMessage, MessageType } from './message';
export { connect, type GrpcConnectOptions } from './connect';
export { ClientError, type ClientCode } from '@ionosphere/client/links';
export type {
  Answered,
  Api,
  Asked,
  Client,
  ClientEvents,
  ClientState,
  Ending,
  Received,
  SendOptions,
  Sent,
  StateChange,
} from '@ionosphere/client/links';
