import { DeclarationError, Failure } from '../errors';
import { Instance, messageOf } from './instance';
import type { Class } from '../declaration/metadata';
import type { Service } from './service';

/** How the objects of services are made. */
export interface InstancesParts {
  /** @param alone whether the object is one of several, which the container must not keep */
  readonly construct: (type: Class<object>, alone: boolean) => object;
  /** Whether the application told the container how to make the class, so that it may give the same object twice. */
  readonly isRegistered: (type: Class<object>) => boolean;
  readonly report: (message: string, cause: unknown) => void;
}

/** Stands for the instance of a service whose objects are its clients'. */
const nobody = Object.freeze({});

/** The instances of all services: one of each service at an exact path, one for each path of the others. */
export class Instances {
  readonly #parts: InstancesParts;
  /** Those that serve all paths of their service, in the order of the services. */
  readonly #shared = new Map<Service, Instance>();
  /** Made at the start, so that what can't be made is found then; the first paths get them. */
  readonly #spares = new Map<Service, object[]>();
  /** In the order of their beginning. */
  readonly #begun = new Set<Instance>();

  /** Throws a `DeclarationError` when the object of a service can't be constructed, or can't be what the service wants. */
  constructor(services: readonly Service[], parts: InstancesParts) {
    this.#parts = parts;
    for (const service of services) this.add(service);
  }

  /** The instance for a path of a service: a new one, unless the service has one for all. */
  of(service: Service): Instance {
    const shared = this.#shared.get(service);
    if (shared) return shared;
    return new Instance(service, this.#spares.get(service)?.shift() ?? this.#parts.construct(service.type, true));
  }

  isShared(instance: Instance): boolean {
    return this.#shared.get(instance.service) === instance;
  }

  /** An instance begins: it will be ended with the others. */
  note(instance: Instance): void {
    this.#begun.add(instance);
  }

  /** It did not begin. */
  forget(instance: Instance): void {
    this.#begun.delete(instance);
  }

  /** Begins those that serve all paths of their service, one after the other. Rejects with what names class and method. */
  async start(): Promise<void> {
    for (const instance of this.#shared.values()) {
      this.note(instance);
      try {
        await instance.begin();
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause;
        throw new Error(`${instance.service.name}.${instance.service.life.init} failed: ${messageOf(cause)}`, {
          cause,
        });
      }
    }
  }

  /** Ends one; what it throws is logged. */
  async end(instance: Instance): Promise<void> {
    if (!this.#begun.delete(instance)) return;
    try {
      await instance.end();
    } catch (cause) {
      this.#parts.report(`${instance.service.name}.${instance.service.life.destroy} failed`, cause);
    }
  }

  /** Ends all, the last that began first, each when the one before has ended, or when nobody waits any more. */
  async endAll(deadline: Promise<void>): Promise<void> {
    for (const instance of [...this.#begun].reverse()) await Promise.race([this.end(instance), deadline]);
  }

  /** One more service. Throws as the constructor does. */
  add(service: Service): void {
    const { construct, isRegistered } = this.#parts;
    const { type, template, singleton, fields, clients } = service;
    if (clients) return void this.#shared.set(service, new Instance(service, nobody));
    const share = (object: object): void => {
      fields.fill(object, new Map());
      this.#shared.set(service, new Instance(service, object));
    };
    const alone = !singleton && !template.exact;
    const first = construct(type, alone);
    if (!alone) return share(first);
    const second = isRegistered(type) ? construct(type, alone) : undefined;
    if (first !== second) return void this.#spares.set(service, second ? [first, second] : [first]);
    const { varying } = fields;
    if (varying)
      throw new DeclarationError(
        `${type.name}.${varying.name}: the container gives the same ${type.name} for all paths (tsyringe's @singleton(), or how it is registered), so a field can't hold what is of one. Remove that, or ${varying.mend}`,
      );
    share(first);
  }
}
