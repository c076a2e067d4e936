// The framework for gRPC clients.
import { serve, silentLogger } from '@ionosphere/server';
import { serveBench } from './control';
import { limits } from './ionosphere-limits';
import { Echo, Fan } from './services';

const grpc = { port: 0, host: '127.0.0.1', maxStreamsPerConnection: 10_000 };
const options = { port: 0, host: '127.0.0.1', services: [Echo, Fan], grpc, limits, logger: silentLogger };
void serve(options).then(({ grpcPort = 0 }) => serveBench(grpcPort));
