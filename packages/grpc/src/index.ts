export { GrpcServer } from './grpc-server';
export { type GrpcOptions, type GrpcTlsOptions } from './options';
export { protoPath, SERVICE_NAME } from './definition';
export { type GrpcMessage, MessageType } from './message';
