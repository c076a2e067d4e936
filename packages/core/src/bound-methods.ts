import { checkMethod } from './attributes';
import type { Call } from './call';
import { decoderPort, encoderPort, encodeWith, type Decoder, type Encoder } from './codec';
import type { Config } from './config';
import { methodOf, methodsOf, type Declaration } from './declaration';
import { DeclarationError } from './errors';
import { fold, stagesOf, type Interceptor, type InterceptorContext } from './interceptor';
import { chooser, compileMessageMethod, type EventMethod, type MessageMethod } from './message-method';
import type { Class, DeliverTarget, MethodKind, MethodMetadata, Provided } from './metadata';
import { compileCall, compileParameters, type ParameterScope } from './parameters';
import { provideAll } from './ports';
import { compileReader, type ReaderParts } from './reader';
import type { Service } from './service';
import { compileVerbs } from './verb-method';
import { bindHandler } from './web-socket-handler';

/** What the methods of a service are compiled with. */
export interface MethodParts {
  readonly context: Pick<InterceptorContext, 'logger'>;
  /** Gives the object itself, or the one that the container makes of a class. */
  readonly provide: <T>(provided: Provided<T>) => T;
  readonly named: ParameterScope['named'];
}

/** The part of a service that its methods make. */
export type Methods = Pick<
  Service,
  'ready' | 'disconnect' | 'beat' | 'resume' | 'onError' | 'verbs' | 'choose' | 'control'
>;

/** Compiles the methods of a service: decorated ones, or those of a handler of raw WebSockets. */
export function bindMethods(
  declaration: Declaration,
  interceptors: readonly Interceptor[],
  config: Config,
  parts: MethodParts,
): Methods {
  return declaration.handler
    ? handlerMethods(declaration, interceptors)
    : managedMethods(declaration, interceptors, config, parts);
}

function managedMethods(
  declaration: Declaration,
  interceptors: readonly Interceptor[],
  config: Config,
  parts: MethodParts,
): Methods {
  const { type } = declaration;
  const around = stagesOf(interceptors, 'event');
  const compile = (method: MethodMetadata): Compiled => {
    const compiled = compileMethod(method, declaration, parts);
    return method.kind === 'Message' ? compiled : { ...compiled, call: fold(around, compiled.call) };
  };
  const event = (kind: MethodKind): EventMethod | undefined => eventMethod(methodOf(kind, declaration), compile);
  const partsOf = (compiled: Compiled): ReaderParts => readerParts(compiled, type, config, parts);
  const messages = methodsOf('Message', declaration).map((method) => {
    const compiled = compile(method);
    return messageMethod(compiled, partsOf(compiled), interceptors);
  });
  return {
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
    control: undefined,
  };
}

function handlerMethods({ type, methods }: Declaration, interceptors: readonly Interceptor[]): Methods {
  const decorated = methods.find(({ kind }) => kind !== 'PostConstruct' && kind !== 'PreDestroy');
  if (decorated)
    throw new DeclarationError(
      `${type.name}.${decorated.name}: @${decorated.kind} is for @ManagedService; a @WebSocketHandlerService implements WebSocketHandler`,
    );
  return { beat: undefined, resume: undefined, verbs: new Map(), ...bindHandler(type, interceptors) };
}

interface Compiled {
  readonly method: MethodMetadata;
  readonly call: (call: Call) => unknown;
  readonly payload: { readonly value: unknown } | undefined;
  readonly target: DeliverTarget | undefined;
  readonly encoders: readonly Encoder[];
  readonly decoders: readonly Decoder[];
}

function compileMethod(method: MethodMetadata, declaration: Declaration, parts: MethodParts): Compiled {
  const { type, template, parameters, deliverTo, options } = declaration;
  const { broadcaster } = options;
  const where = `${type.name}.${method.name}`;
  checkMethod(where, method);
  const scope = { service: type, variables: template.variables, broadcaster, named: parts.named };
  const { extractors, payload } = compileParameters(method, parameters.get(method.name) ?? new Map(), scope);
  return {
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
  const { call, target, encoders } = compile(method);
  return { run: call, target: target ?? 'RESOURCE', options: { encode: encodeWith(encoders) } };
}

function messageMethod(compiled: Compiled, reader: ReaderParts, interceptors: readonly Interceptor[]): MessageMethod {
  const { method, call, target, encoders } = compiled;
  return compileMessageMethod({ ...reader, name: method.name, encoders, target, interceptors, call });
}

/** What a method reads what the client sent with. */
function readerParts(
  { method, payload, decoders }: Compiled,
  type: Class,
  { unknownKeys }: Config,
  { context: { logger } }: MethodParts,
): ReaderParts {
  const { kind, name, options } = method;
  return {
    where: `${type.name}.${name}`,
    decorator: `@${kind}`,
    type: payload,
    options,
    decoders,
    dto: { unknownKeys },
    warn: (text) => logger.warn(text),
  };
}
