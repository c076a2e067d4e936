import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const names = readdirSync(join(root, 'packages'));

interface Manifest {
  readonly [field: string]: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Paths of the files that npm would publish. */
function packed(name: string): string[] {
  const options = { cwd: join(root, 'packages', name), shell: process.platform === 'win32' };
  const [all] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options).toString(),
  ) as [{ files: { path: string }[] }];
  return all.files.map(({ path }) => path);
}

describe.each(names)('What is published of %s', (name) => {
  const read = (file: string): string => readFileSync(join(root, 'packages', name, file), 'utf8');
  const manifest = JSON.parse(read('package.json')) as Manifest;
  const files = packed(name);

  it('is the program with its types and sources, what it is, and how it may be used', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'dist/index.js',
        'dist/index.d.ts',
        'src/index.ts',
      ]),
    );
    expect(read('LICENSE')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
  });

  it('has nothing that only this repository needs', () => {
    expect(files.filter((file) => /tsbuildinfo|\.(test|fixture)\./.test(file))).toEqual([]);
  });

  it('says what it is, and which Node it needs', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
    expect(manifest).toMatchObject({ name: `@ionosphere/${name}`, license: 'Apache-2.0', engines });
    for (const field of ['version', 'description', 'keywords', 'main', 'types', 'files'])
      expect(manifest[field]).toBeTruthy();
  });

  it('brings the types of Node.js where its own types speak of them', () => {
    const types = files.filter((file) => file.endsWith('.d.ts')).map(read);
    const speaks = types.some((text) => /\bBuffer\b|\bNodeJS\.|from ["']node:|reference types="node"/.test(text));
    expect(speaks && !manifest.dependencies?.['@types/node']).toBe(false);
  });
});
