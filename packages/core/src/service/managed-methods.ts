import { checkMethod } from '../declaration/attributes';
import type { Call } from '../methods/call';
import { decoderPort, encoderPort, encodeWith, type Decoder, type Encoder } from '../codec/codec';
import type { Config } from '../settings/config';
import { methodOf, methodsOf, type Declaration } from '../declaration/declaration';
import { faceless, type Methods } from './faces';
import { fold, stagesOf, type Interceptor } from '../interceptors/interceptor';
import { chooser, compileMessageMethod, type EventMethod, type MessageMethod } from '../methods/message-method';
import type { DeliverTarget, MethodKind, MethodMetadata } from '../declaration/metadata';
import { compileCall, compileParameters } from '../methods/parameters';
import { provideAll } from '../settings/ports';
import { compileReader, type ReaderParts } from '../methods/reader';
import type { ServiceParts } from './service';
import { compileVerbs } from '../methods/verb-method';

/** A class with `@ManagedService`: what its decorated methods make. */
export function managedMethods(
  declaration: Declaration,
  interceptors: readonly Interceptor[],
  config: Config,
  parts: ServiceParts,
): Methods {
  const { type } = declaration;
  const around = stagesOf(interceptors, 'event');
  const compile = (method: MethodMetadata): Compiled => {
    const compiled = compileMethod(method, declaration, parts);
    return method.kind === 'Message' ? compiled : { ...compiled, call: fold(around, compiled.call) };
  };
  const event = (kind: MethodKind): EventMethod | undefined => eventMethod(methodOf(kind, declaration), compile);
  const partsOf = (compiled: Compiled): ReaderParts => readerParts(compiled, config, parts);
  const messages = methodsOf('Message', declaration).map((method) => {
    const compiled = compile(method);
    return messageMethod(compiled, partsOf(compiled), interceptors);
  });
  return {
    ...faceless,
    ready: event('Ready'),
    disconnect: event('Disconnect'),
    beat: event('Heartbeat'),
    resume: event('Resume'),
    onError: event('OnError'),
    verbs: compileVerbs(declaration, (method) => {
      const compiled = compile(method);
      return { run: compiled.call, read: compiled.payload && compileReader(partsOf(compiled)).read };
    }),
    choose: chooser(type.name, messages),
  };
}

interface Compiled {
  /** Class and method, for errors. */
  readonly where: string;
  readonly method: MethodMetadata;
  readonly call: (call: Call) => unknown;
  readonly payload: { readonly value: unknown } | undefined;
  readonly target: DeliverTarget | undefined;
  readonly encoders: readonly Encoder[];
  readonly decoders: readonly Decoder[];
}

function compileMethod(method: MethodMetadata, declaration: Declaration, parts: ServiceParts): Compiled {
  const { type, template, parameters, deliverTo, options } = declaration;
  const { broadcaster } = options;
  const where = `${type.name}.${method.name}`;
  checkMethod(where, method);
  const scope = { service: type, variables: template.variables, broadcaster, named: parts.named };
  const { extractors, payload } = compileParameters(method, parameters.get(method.name) ?? new Map(), scope);
  return {
    where,
    method,
    call: compileCall(type, method.name, extractors),
    payload: payload && { value: payload.type },
    target: deliverTo.get(method.name),
    encoders: provideAll(`${where}: encoders`, method.options.encoders, encoderPort, parts.provide),
    decoders: provideAll(`${where}: decoders`, method.options.decoders, decoderPort, parts.provide),
  };
}

function eventMethod(
  method: MethodMetadata | undefined,
  compile: (method: MethodMetadata) => Compiled,
): EventMethod | undefined {
  if (!method) return undefined;
  const { where, call, target, encoders } = compile(method);
  return { run: call, target: target ?? 'RESOURCE', options: { encode: encodeWith(where, encoders) } };
}

function messageMethod(compiled: Compiled, reader: ReaderParts, interceptors: readonly Interceptor[]): MessageMethod {
  const { method, call, target, encoders } = compiled;
  return compileMessageMethod({ ...reader, name: method.name, encoders, target, interceptors, call });
}

/** What a method reads what the client sent with. */
function readerParts(
  { where, method, payload, decoders }: Compiled,
  { unknownKeys }: Config,
  { context: { logger } }: ServiceParts,
): ReaderParts {
  const { kind, options } = method;
  return {
    where,
    decorator: `@${kind}`,
    type: payload,
    options,
    decoders,
    dto: { unknownKeys },
    warn: (text, fields) => logger.warn(text, fields),
  };
}
