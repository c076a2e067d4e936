import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(__dirname, '..');
const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

/** The examples of a guide, and the line that each begins after. */
function examples(guide: string): { readonly line: number; readonly code: string }[] {
  const text = readFileSync(join(root, 'docs', guide), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ index, 1: code = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    code,
  }));
}

/** What the README tells users to set. */
const options: ts.CompilerOptions = {
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  useDefineForClassFields: false,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.Node20,
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};

describe('The guides', () => {
  // Inside the repository, so that the packages are found as a user's program finds them.
  const folder = mkdtempSync(join(root, 'tests', '.guides-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('each have an example', () => {
    expect(guides.length).toBeGreaterThan(0);
    expect(guides.filter((guide) => examples(guide).length === 0)).toEqual([]);
  });

  test('have examples that compile, each as a module of its own', () => {
    const origin = new Map<string, { readonly guide: string; readonly line: number }>();
    for (const guide of guides) {
      for (const { line, code } of examples(guide)) {
        const file = join(folder, `${basename(guide, '.md')}-${line}.mts`);
        writeFileSync(file, code);
        origin.set(basename(file), { guide, line });
      }
    }
    const program = ts.createProgram(
      [...origin.keys()].map((name) => join(folder, name)),
      options,
    );
    const wrong = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
      const { guide, line } = origin.get(basename(file?.fileName ?? '')) ?? { guide: file?.fileName ?? '', line: 0 };
      const at = line + (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `docs/${guide}:${at} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(wrong).toEqual([]);
  });
});
