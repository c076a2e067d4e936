export { GrpcServer } from './grpc-server';
export { protoPath, SERVICE_NAME } from './definition';
export { type GrpcMessage, MessageType } from './message';
