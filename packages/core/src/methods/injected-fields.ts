import { Broadcaster, type BroadcasterClass } from '../broadcaster/broadcaster';
import { compileNamed, varies } from '../broadcaster/broadcaster-name';
import type { Declaration } from '../declaration/declaration';
import { DeclarationError } from '../errors';
import type { ParameterMetadata } from '../declaration/metadata';
import { isBroadcasterClass, type ParameterScope } from './parameters';

/** The fields of a service that decorators fill. */
export interface InjectedFields {
  /** Fills them, when the instance has been constructed and before its `onInit`. */
  readonly fill: (instance: object, params: ReadonlyMap<string, string>) => void;
  /** A field that has another value at each path, so that an instance can't serve several; undefined when there is none. */
  readonly varying: { readonly name: string; readonly mend: string } | undefined;
}

/** What one field gets at a concrete path. */
type Source = (params: ReadonlyMap<string, string>) => unknown;

/** Decides, once, how the fields with `@PathParam` and `@Named` are filled. */
export function compileFields(declaration: Declaration, named: ParameterScope['named']): InjectedFields {
  const { type, fields, singleton } = declaration;
  const sources = [...fields].map(([name, asked]) => [name, sourceOf(name, asked, declaration, named)] as const);
  const [varying] = [...fields].flatMap(([name, asked]) => mendOf(name, asked));
  if (singleton && varying) {
    throw new DeclarationError(
      `${type.name}.${varying.name}: a @Singleton serves many paths, so a field can't hold what is of one; ${varying.mend}`,
    );
  }
  return {
    varying,
    fill: (instance, params) => {
      for (const [name, source] of sources) (instance as Record<string, unknown>)[name] = source(params);
    },
  };
}

/** How to do without a field whose value is another one at each path; empty for one whose value is the same at all. */
function mendOf(name: string, { pathParam, named }: ParameterMetadata): { name: string; mend: string }[] {
  if (pathParam !== undefined) return [{ name, mend: `make it a parameter: @PathParam('${pathParam}')` }];
  return varies(named ?? '') ? [{ name, mend: `make it a parameter: @Named('${named}')` }] : [];
}

function sourceOf(
  name: string,
  { pathParam, named: broadcaster = '' }: ParameterMetadata,
  { type, template }: Declaration,
  named: ParameterScope['named'],
): Source {
  const where = `${type.name}.${name}`;
  const written = Reflect.getMetadata('design:type', type.prototype as object, name) as unknown;
  const { variables } = template;
  if (pathParam === undefined)
    return compileNamed(broadcaster, broadcasterType(where, written), where, { variables, named });
  if (!variables.includes(pathParam)) {
    throw new DeclarationError(`${where}: @PathParam('${pathParam}') names no variable of the path ${template.text}`);
  }
  if (written !== undefined && written !== String)
    throw new DeclarationError(`${where} has @PathParam and must be a string`);
  return (params) => params.get(pathParam);
}

function broadcasterType(where: string, written: unknown): BroadcasterClass {
  if (written === undefined) return Broadcaster;
  if (isBroadcasterClass(written)) return written;
  throw new DeclarationError(
    `${where} has @Named and must be a Broadcaster, imported with "import" and not with "import type"`,
  );
}
