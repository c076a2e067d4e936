import type { ClientRouteOptions } from '../client-objects/client-route';
import type { Declaration } from './declaration';
import { DeclarationError } from '../errors';
import type { BodyOptions, MessageOptions, MethodKind, MethodMetadata, ServiceOptions } from './metadata';
import { didYouMean } from '../settings/nearest';
import { isObject } from '../settings/options';
import { shown } from '../settings/shown';
import type { StreamMetadata } from '../streams/stream-service';

// Records, so that the compiler notices an attribute that is missing here.

const ofService: Readonly<Record<keyof ServiceOptions, true>> = {
  path: true,
  interceptors: true,
  broadcastFilters: true,
  broadcaster: true,
  broadcasterCache: true,
  cacheInspectors: true,
  slowClients: true,
  autoPing: true,
  frameStages: true,
  listeners: true,
  config: true,
  limits: true,
  atmosphereConfig: true,
};

const ofBody: Readonly<Record<keyof BodyOptions, true>> = { decoders: true, schema: true, items: true };

const ofMessage: Readonly<Record<keyof MessageOptions, true>> = { ...ofBody, encoders: true, type: true, when: true };

const ofMethod: Readonly<Partial<Record<MethodKind, object>>> = {
  Message: ofMessage,
  Ready: { encoders: true },
  Post: ofBody,
  Put: ofBody,
  Delete: ofBody,
};

const ofRoute: Readonly<Record<keyof ClientRouteOptions, true>> = { wireFormat: true, error: true };

const ofStream: Readonly<Record<keyof StreamMetadata, true>> = { messages: true, encoders: true };

/** Throws when the attributes of a service have a name that there is not. */
export function checkService({ type: { name }, options, clients, stream }: Declaration): void {
  checkNames(`${name}: its decorator`, options, { ...ofService, ...(clients && ofRoute), ...(stream && ofStream) });
  const { atmosphereConfig } = options;
  if (atmosphereConfig !== undefined && !Array.isArray(atmosphereConfig))
    throw new DeclarationError(`${name}: atmosphereConfig must be a list of texts, such as ['key=value']`);
}

/** Throws when the attributes of a method's decorator have a name that there is not, or what can't work. */
export function checkMethod(where: string, { kind, options }: MethodMetadata): void {
  const known = ofMethod[kind] ?? {};
  checkObject(`${where}: @${kind}`, options, known, kind);
  checkNames(`${where}: @${kind}`, options, known);
  const { type, when, schema } = options;
  if (type !== undefined && typeof type !== 'string')
    throw new DeclarationError(`${where}: type is ${JSON.stringify(type)}; it must be a text`);
  if (when !== undefined && typeof when !== 'function')
    throw new DeclarationError(`${where}: when must be a function that says whether a message is the method's`);
  if (schema !== undefined && typeof (schema as Partial<typeof schema>)['~standard']?.validate !== 'function') {
    throw new DeclarationError(
      `${where}: schema is no Standard Schema (https://standardschema.dev); zod has them from 3.24 on, valibot from 1.0, arktype from 2.0`,
    );
  }
}

/** The error shows what was probably meant: a text may be the type of a message; a class is known from the method itself. */
function checkObject(where: string, given: unknown, known: object, kind: MethodKind): void {
  if (isObject(given)) return;
  const [name] = Object.keys(known);
  if (name === undefined)
    throw new DeclarationError(`${where} takes nothing, and was given ${shown(given)}; write @${kind}()`);
  const example =
    kind === 'Message' ? `{ type: ${typeof given === 'string' ? inQuotes(given) : "'move'"} }` : `{ ${name}: ... }`;
  const mend = typeof given === 'function' ? ', or nothing: the type of the parameter says what a message is' : '';
  throw new DeclarationError(
    `${where} was given ${shown(given)}; it takes an object, such as @${kind}(${example})${mend}`,
  );
}

function inQuotes(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function checkNames(where: string, given: object, known: object): void {
  const names = Object.keys(known);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const mend = didYouMean(name, names) ?? (names.length > 0 ? `it has ${names.join(', ')}` : 'it has none');
    throw new DeclarationError(`${where} has no attribute "${name}"; ${mend}`);
  }
}
