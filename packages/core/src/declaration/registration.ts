import { DeclarationError } from '../errors';
import { inheritedMetadata, type Class, type Role } from './metadata';
import { isList } from '../settings/ports';

/** The classes that an app was given, by what their decorators make of them. */
export interface Registered {
  readonly services: readonly Class<object>[];
  readonly ofRole: (role: Role) => readonly Class[];
}

/** Sorts classes into services and those that are registered for all services. */
export function register(given: readonly Class<object>[]): Registered {
  if (!isList(given)) throw new DeclarationError('services must be a list of classes');
  for (const [index, type] of (given as readonly unknown[]).entries()) {
    if (typeof type === 'function') continue;
    const what =
      type === undefined
        ? 'undefined; do two modules import each other?'
        : 'no class; give the class, not an object of it';
    throw new DeclarationError(`services[${index}] is ${what}`);
  }
  const classes = [...new Set(given)];
  const roles = new Map<Class, Role | 'service'>(classes.map((type) => [type, roleOf(type)]));
  return {
    services: classes.filter((type) => roles.get(type) === 'service'),
    ofRole: (role) => classes.filter((type) => roles.get(type) === role),
  };
}

/** Whether a decorator made the class something that an app can be given. */
export function isRegistrable(type: object): boolean {
  return inheritedMetadata(type).some((metadata) => metadata.service ?? metadata.role);
}

function roleOf(type: Class<object>): Role | 'service' {
  const all = inheritedMetadata(type);
  const role = all.findLast((metadata) => metadata.role)?.role;
  const isService = all.some((metadata) => metadata.service);
  if (role && isService)
    throw new DeclarationError(`${type.name} is registered as ${role} and as a service; make two classes of it`);
  // A class without any decorator is taken for a service, whose binding says what is missing.
  return role ?? 'service';
}
