export { GrpcServer } from './grpc-server';
export { protoPath, SERVICE_NAME } from './definition';
export { type GrpcMessage, MessageType } from './message';
export { GrpcClient, type GrpcClientOptions } from './client';
export { type ClientTopic, type TopicListener } from './client-topic';
