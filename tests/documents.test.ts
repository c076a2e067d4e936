import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import WebSocket from 'ws';

const root = resolve(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** Files of the repository that fit one of the patterns. */
const found = (ending: string, ...patterns: string[]): string[] =>
  ts.sys.readDirectory(root, [ending], ['**/node_modules', '**/dist'], patterns).map((path) => relative(root, path));

describe('ARCHITECTURE.md', () => {
  const paths = [...read('ARCHITECTURE.md').matchAll(/`((?:packages|samples|tests|bench|eslint)[\w./-]*)`/g)].map(
    ([, path]) => path ?? '',
  );

  test('names paths, and each of them exists', () => {
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('names the steps of a message, and each file has what it is said to do', () => {
    const steps = [...read('ARCHITECTURE.md').matchAll(/^ {4,}([\w/-]+\.ts) +([A-Z]\w*\.#?\w+|\w+)/gm)];
    expect(steps.length).toBeGreaterThan(10);
    const wrong = steps.filter(([, file = '', what = '']) => {
      const [name, member = ''] = what.split('.');
      const sources = found('.ts', `packages/*/src/${file}`).map(read);
      return !sources.some(
        (text) => new RegExp(`(?:class|function|const) ${name}\\b`).test(text) && text.includes(member),
      );
    });
    expect(wrong.map(([line]) => line)).toEqual([]);
  });
});

describe('README.md', () => {
  test('names all guides', () => {
    const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    expect(guides.filter((name) => !read('README.md').includes(`](docs/${name})`))).toEqual([]);
  });
});

describe('Links in documents', () => {
  const documents = found('.md', '*.md', 'docs/*.md', 'packages/*/*.md', 'samples/*/*.md', 'bench/*.md');

  test.each(documents)('%s links to files that exist', (document) => {
    const links = [...read(document).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map(([, link]) => link ?? '')
      .filter((link) => !/^\w+:/.test(link));
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });
});

describe('The example of README.md', () => {
  const blocks = [...read('README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');
  // Inside the repository, so that the packages are found as a user's program finds them.
  const folder = mkdtempSync(join(root, 'tests', '.readme-'));
  const file = join(folder, 'example.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node20,
    types: ['node'],
    skipLibCheck: true,
    noEmitOnError: true,
  };

  afterAll(() => rmSync(folder, { recursive: true }));

  test('is there once, in about twenty lines', () => {
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.split('\n').length).toBeLessThanOrEqual(30);
  });

  test('compiles, starts and serves a chat', async () => {
    writeFileSync(
      file,
      `${(blocks[0] ?? '').replace('port: 8080', 'port: 0').replace('void serve', 'export const server = serve')}\n`,
    );
    const program = ts.createProgram([file], options);
    const errors = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
    expect(errors.map((error) => ts.flattenDiagnosticMessageText(error.messageText, '\n'))).toEqual([]);

    const { server } = jest.requireActual<{ server: Promise<{ port: number; stop(): Promise<void> }> }>(
      join(folder, 'example.js'),
    );
    const { port, stop } = await server.then((running) => ({ port: running.port, stop: () => running.stop() }));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat/blue`);
    const messages: unknown[] = [];
    const answered = new Promise<void>((done) => {
      socket.on('message', (data) => {
        messages.push(JSON.parse((data as Buffer).toString()));
        if (messages.length === 2) done();
      });
    });
    socket.on('open', () => socket.send(JSON.stringify({ author: 'Ada', message: 'hello' })));
    await answered;
    expect(messages).toEqual([
      { author: 'server', message: 'Welcome to blue, over websocket.' },
      { author: 'Ada', message: 'hello' },
    ]);
    socket.terminate();
    await stop();
  });
});
