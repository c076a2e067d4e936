import { DeclarationError } from '../errors';

/** A path template: `/chat`, `/chat/{room}`, `/doc/{id: [0-9]+}`, `/files/*`. */
export interface Template {
  readonly text: string;
  readonly variables: readonly string[];
  /** Without variables and star: matches one path only. */
  readonly exact: boolean;
  /** Orders templates that match the same path: literal text counts most, then variables with a pattern, then others. */
  readonly weight: number;
  /** Equal for templates that match the same paths because they differ in the names of their variables alone. */
  readonly shape: string;
  /** Values of the variables, or undefined when the path does not match. */
  match(path: string): Map<string, string> | undefined;
}

/** Reads the template of a service. */
export function parseTemplate(text: string, service: string): Template {
  const fail = (why: string): never => {
    throw new DeclarationError(`${service}: its path "${text}" ${why}`);
  };
  if (typeof text !== 'string' || !text.startsWith('/')) fail('must start with "/"');
  if (text.length > 1 && text.endsWith('/')) fail('must not end with "/"');
  const literal = text.replace(braces, '{}');
  if (/[?#]/.test(literal)) fail('must not contain "?" or "#"');
  if (literal.includes('//')) fail('must not have an empty segment');
  const variables: string[] = [];
  let weight = 0;
  const segments = splitSegments(text).map((segment, index, all) => {
    if (segment === '*' && index === all.length - 1) return '.*';
    const variable = /^\{\s*([A-Za-z_]\w*)\s*(?::\s*(.+?)\s*)?\}$/.exec(segment);
    if (!variable) {
      if (/[{}*]/.test(segment))
        fail(`has a segment "${segment}" that is neither text nor one variable such as {room} or {id: [0-9]+}`);
      weight += segment.length + 1;
      return escapeRegExp(segment);
    }
    const [, name = '', pattern] = variable;
    if (variables.includes(name)) fail(`has the variable {${name}} twice`);
    variables.push(name);
    weight += pattern === undefined ? 0.01 : 0.02;
    if (pattern !== undefined && captures(compile(`${pattern}|`, fail)) > 0)
      fail(`has capturing parentheses in {${name}}; write (?:...)`);
    return `(${pattern ?? '[^/]+'})`;
  });
  const shape = `^/${segments.join('/')}$`;
  const expression = compile(shape, fail);
  return {
    text,
    variables,
    exact: variables.length === 0 && !text.endsWith('*'),
    weight,
    shape,
    match: (path) => match(expression, variables, path),
  };
}

/** A variable; its pattern may have quantifiers such as {2}. */
const braces = /\{(?:[^{}]|\{[^{}]*\})*\}/g;

/** Splits at slashes outside braces, because a variable's pattern may contain one. */
function splitSegments(text: string): string[] {
  return text.slice(1).match(/(?:\{(?:[^{}]|\{[^{}]*\})*\}|[^/{}]|[{}])+/g) ?? [''];
}

function compile(source: string, fail: (why: string) => never): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    return fail(`has a pattern that is no regular expression: ${(error as Error).message}`);
  }
}

/** Number of groups of an expression that matches the empty text. */
function captures(expression: RegExp): number {
  return (expression.exec('')?.length ?? 1) - 1;
}

function match(expression: RegExp, variables: readonly string[], path: string): Map<string, string> | undefined {
  const found = expression.exec(path);
  return found ? new Map(variables.map((name, index) => [name, found[index + 1] ?? ''])) : undefined;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]/]/g, '\\$&');
}
