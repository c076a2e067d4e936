import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The folders of core, top first: a file may import its own folder and those below, never one above. Types may be named in
 * any direction: they are gone at run time. Below all folders are the files beside index.ts.
 */
const coreFolders = [
  ['app', 'service', 'web-socket', 'client-objects', 'rooms', 'streams', 'methods', 'interceptors', 'declaration'],
  ['resource', 'request', 'broadcaster', 'log', 'filters', 'settings', 'limits', 'dto', 'codec', 'time'],
].flat();

const tests = ['**/*.test.ts', '**/*.fixture.ts', 'packages/*/test/**/*.ts', 'tests/**/*.ts'];

/** One forbidden kind of import: a regular expression over the module name, and the reason shown to the author. */
const forbid = (regex, message) => ({ regex, message });
const forbidValues = (regex, message) => ({ ...forbid(regex, message), allowTypeImports: true });
const arrow = 'protocol <- core <- server | grpc | sqlite | testing, protocol <- client <- grpc (ARCHITECTURE.md).';

const noTop = forbid(
  '^@ionosphere/(sample-|bench)|/(samples|bench)/',
  'Samples and benchmarks use the framework; nothing uses them.',
);
const noInside = forbid(
  '^@ionosphere/(?!client/(node|links)$)[^/]+/',
  'Import a package by its name: what its index.ts does not export is private.',
);
const noNeighbourFolder = forbid(
  '^(\\.\\./)+(packages/)?(protocol|client|core|grpc|server|sqlite|testing)/',
  'Import another package by its name, never by path.',
);
const everywhere = [noTop, noInside, noNeighbourFolder];

/** What each package may not import, in its sources and (second) in its tests. */
const arrows = {
  protocol: {
    sources: [
      forbid('^[^.]', `protocol imports nothing: a browser, a server and a test read the same bytes with it. ${arrow}`),
    ],
    tests: [forbid('^@ionosphere/(core|grpc|server|sqlite|testing)$', `protocol knows nothing above it. ${arrow}`)],
  },
  core: {
    sources: [
      forbid(
        '^(?!\\.|@ionosphere/|(tsyringe|reflect-metadata|class-validator|class-transformer|cookie)$)',
        'core has no I/O: sockets, files and clocks come in through a port. It may import only protocol, tsyringe, reflect-metadata, class-validator, class-transformer and cookie.',
      ),
      forbid('^@ionosphere/(?!protocol$)', `core must not know who drives it. ${arrow}`),
    ],
    tests: [forbid('^@ionosphere/(server|grpc)$', `core is tested over the memory transport of testing. ${arrow}`)],
  },
  grpc: {
    sources: [
      forbid(
        '^@ionosphere/(server|sqlite|testing)$|^@ionosphere/client(?!/links$)',
        `grpc stands beside server, in front of any app. ${arrow}`,
      ),
    ],
    tests: [],
  },
  server: {
    sources: [
      forbid(
        '^@ionosphere/grpc$',
        `server does without gRPC; whoever asks for it has it loaded by packages/server/src/grpc.ts. ${arrow}`,
      ),
      forbid('^@ionosphere/testing$', `server must not ship its tests' tools; only its tests import testing. ${arrow}`),
    ],
    tests: [],
  },
  sqlite: {
    sources: [
      forbid('^@ionosphere/(server|grpc|testing)$', `sqlite is a store for the core, whatever drives it. ${arrow}`),
    ],
    tests: [forbid('^@ionosphere/(server|grpc)$', `sqlite is a store for the core, whatever drives it. ${arrow}`)],
  },
  client: {
    sources: [
      forbid(
        '^(?!\\.|@ionosphere/protocol$|ws$)',
        `client runs in browsers, and carries all that it needs: it may import only protocol, and ws for Node. ${arrow}`,
      ),
    ],
    tests: [],
  },
  testing: {
    sources: [forbid('^@ionosphere/(server|grpc)$', `testing works with any transport, so it knows none. ${arrow}`)],
    tests: [forbid('^@ionosphere/(server|grpc)$', `testing works with any transport, so it knows none. ${arrow}`)],
  },
};

/** What browsers don't have. */
const nodeOnly = ['Buffer', 'process', 'require', 'setImmediate', '__dirname'].map((name) => ({
  name,
  message: 'Browsers load this. What Node has stands in node.ts, links.ts, raw-socket.ts and ws.ts.',
}));

const imports = (files, patterns, ignores = [], rule = 'no-restricted-imports') => ({
  files,
  ignores,
  rules: { [rule]: ['error', { patterns: [...everywhere, ...patterns] }] },
});

function folderRules() {
  return [...coreFolders, ''].map((folder, index) => {
    const above = coreFolders.slice(0, index);
    const upward = forbidValues(
      `^\\.{1,2}/(${above.join('|')})/`,
      `Imports inside core point down: ${folder || 'what stands beside index.ts'} must not know ${above.join(', ')}. Let the upper one pass in what is needed (coreFolders in eslint.config.mjs).`,
    );
    const files = folder ? `packages/core/src/${folder}/**/*.ts` : 'packages/core/src/*.ts';
    const ignores = [...tests, 'packages/core/src/index.ts'];
    return imports([files], above.length > 0 ? [upward] : [], ignores, '@typescript-eslint/no-restricted-imports');
  });
}

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', 'coverage/', '.build/', 'docs/.vitepress/{cache,dist}/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,

  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Off for good: its autofix writes `import type`, and decorators then see Function instead of the class.
      '@typescript-eslint/consistent-type-imports': 'off',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: tests,
    rules: {
      'no-console': 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // A test parses JSON and looks at what it got; a framework must not.
    files: tests,
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['console', 'process', 'Buffer', 'URL', 'fetch', 'AbortController', 'performance', 'structuredClone']
          .concat(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'queueMicrotask'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['samples/*/public/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['window', 'document', 'location', 'navigator', 'localStorage', 'WebSocket', 'EventSource', 'atmosphere'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },

  {
    files: ['packages/client/src/**/*.ts'],
    ignores: [...tests, ...['node', 'links', 'raw-socket', 'ws'].map((name) => `packages/client/src/${name}.ts`)],
    rules: { 'no-restricted-globals': ['error', ...nodeOnly] },
  },

  // The arrows. `no-restricted-imports` is replaced, not merged, by a later block: the most particular comes last.
  imports(['samples/**/*.ts', 'bench/**/*.ts'], []),
  ...Object.entries(arrows).flatMap(([name, { sources, tests: inTests }]) => [
    imports([`packages/${name}/src/**/*.ts`], sources, tests),
    imports(
      [`packages/${name}/**/*.test.ts`, `packages/${name}/**/*.fixture.ts`, `packages/${name}/test/**/*.ts`],
      inTests,
    ),
  ]),
  ...folderRules(),
);
