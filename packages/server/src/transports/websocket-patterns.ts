/** Whether a path may fit both patterns. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')];
  for (const [index, segment] of a.entries()) {
    const opposite = b[index];
    if (segment === '*' || opposite === '*') return true;
    if (opposite === undefined) return false;
    if (segment !== opposite && !segment.startsWith(':') && !opposite.startsWith(':')) return false;
  }
  return a.length === b.length || b[a.length] === '*';
}

/** A path template as the library writes it. A variable with a pattern may span segments, so the rest is left open there. */
export function patternOf(template: string): string {
  const [before = '', variable] = template.split(/(?=\{[^}]*:)/);
  const start = variable === undefined ? template : `${before}*`;
  return start.replace(/\{\s*(\w+)\s*\}/g, ':$1');
}
