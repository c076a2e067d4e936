// What a page does with the client of Connect: the service is described at run time, out of atmosphere.proto.
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';

const { origin, search } = globalThis.location;
// Of a server elsewhere, where the page was told of one.
const baseUrl = new globalThis.URLSearchParams(search).get('server') ?? origin;
const transports = {
  'connect+json': createConnectTransport({ baseUrl }),
  'connect+proto': createConnectTransport({ baseUrl, useBinaryFormat: true }),
  'grpc-web+proto': createGrpcWebTransport({ baseUrl }),
};

/** The loader of gRPC leaves names of types relative, and those of JSON out, which protoc does not. */
function qualified(file) {
  const full = (name, scope) => (name === '' || name.startsWith('.') ? name : `.${file.package}.${scope}${name}`);
  for (const message of file.messageType) {
    for (const field of message.nestedType.flatMap((nested) => nested.field)) field.jsonName = field.name;
    for (const field of message.field) {
      const isOwn = message.nestedType.some(({ name }) => name === field.typeName);
      field.jsonName = field.name.replace(/_(\w)/g, (_all, letter) => letter.toUpperCase());
      field.typeName = full(field.typeName, isOwn ? `${message.name}.` : '');
    }
  }
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = full(method.inputType, '');
    method.outputType = full(method.outputType, '');
  }
  return file;
}

async function clientOf(protocol) {
  const described = new Uint8Array(await (await fetch('/descriptor')).arrayBuffer());
  const registry = createFileRegistry(qualified(fromBinary(FileDescriptorProtoSchema, described)), () => undefined);
  return createClient(registry.getService('org.atmosphere.grpc.AtmosphereService'), transports[protocol]);
}

const plain = ({ type, topic, payload, binaryPayload, trackingId }) => ({
  type,
  topic,
  payload,
  bytes: [...binaryPayload],
  trackingId,
});

/** What connect-web sends besides: metadata of the application, and how long it waits. */
const options = { headers: { 'x-who': 'a page' }, timeoutMs: 60_000 };

/** Subscribes, speaks, and tells what it heard. */
async function converse(protocol, topic) {
  const client = await clientOf(protocol);
  const heard = [];
  for await (const message of client.subscribe({ topic }, options)) {
    heard.push(plain(message));
    const { trackingId } = heard[0];
    if (heard.length === 1)
      heard.push({ ack: plain(await client.send({ topic, payload: 'Zoë 😀', trackingId }, options)) });
    if (heard.length === 3) await client.send({ topic, binaryPayload: Uint8Array.of(0, 255), trackingId });
    if (heard.length === 4) break;
  }
  return heard;
}

/** What a call ends with that is refused. */
async function refused(protocol, method, message) {
  const client = await clientOf(protocol);
  try {
    if (method === 'send') await client.send(message, options);
    else for await (const told of client.subscribe(message, options)) return { told: plain(told) };
    return {};
  } catch (thrown) {
    const { code, rawMessage, metadata } = ConnectError.from(thrown);
    const form = metadata.get('x-atmosphere-failure-bin');
    const { error } = form ? JSON.parse(globalThis.atob(form)) : {};
    return { code, message: rawMessage, failure: metadata.get('x-atmosphere-error'), details: error?.details };
  }
}

/** Listens until the server ends the stream, and tells how it did. The title says that it listens. */
async function untilEnd(protocol, topic) {
  const client = await clientOf(protocol);
  try {
    for await (const { trackingId } of client.subscribe({ topic })) globalThis.document.title = trackingId;
    return 'ok';
  } catch (thrown) {
    return ConnectError.from(thrown).code;
  }
}

Object.assign(globalThis, { converse, refused, untilEnd });
