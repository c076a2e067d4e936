import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { decodeMessage, encodeMessage, type GrpcMessage } from './message';

/** Name of the service: of the path of its methods, and for the health service. */
export const SERVICE_NAME = 'org.atmosphere.grpc.AtmosphereService';

/** Where atmosphere.proto is, for clients in other languages and for tools. */
export const protoPath = join(__dirname, '..', 'proto', 'atmosphere.proto');

/** atmosphere.proto, as it is written. */
export function loadDefinition(): PackageDefinition {
  return loadSync(protoPath, { keepCase: true });
}

const same = (bytes: Buffer): Buffer => bytes;

/** The service for the server: bytes go through as they are, because they are made once for all, and read where a fault can be answered. */
export function serverDefinition(definition: PackageDefinition): ServiceDefinition {
  return methodsOf(definition, {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  });
}

/** The service for clients. */
export function clientDefinition(definition: PackageDefinition): ServiceDefinition {
  const encode = (message: Partial<GrpcMessage>): Buffer => encodeMessage(message);
  const decode = (bytes: Buffer): GrpcMessage => decodeMessage(bytes);
  return methodsOf(definition, {
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
  });
}

function methodsOf(definition: PackageDefinition, codec: object): ServiceDefinition {
  const service = definition[SERVICE_NAME] as ServiceDefinition;
  return Object.fromEntries(Object.entries(service).map(([name, method]) => [name, { ...method, ...codec }]));
}
