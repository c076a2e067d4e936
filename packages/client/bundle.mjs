// Makes of the sources what browsers and Node load: one file each, with what it needs of @ionosphere/protocol inside.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const common = {
  bundle: true,
  minify: true,
  sourcemap: true,
  target: 'es2022',
  // From the sources: what is not used falls away.
  alias: { '@ionosphere/protocol': at('../protocol/src/index.ts') },
  tsconfig: at('tsconfig.json'),
  logLevel: 'warning',
};
const browser = { ...common, entryPoints: [at('src/index.ts')], platform: 'browser' };
const node = { ...common, entryPoints: [at('src/node.ts')], platform: 'node', external: ['ws'], minify: false };
// What may be missing is looked for with `require`: an import that is not found can't be caught.
const withRequire = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
const links = { ...node, entryPoints: [at('src/links.ts')] };

await Promise.all([
  build({ ...browser, format: 'esm', outfile: at('dist/client.mjs') }),
  build({ ...browser, format: 'cjs', outfile: at('dist/client.cjs') }),
  build({ ...browser, format: 'iife', globalName: 'ionosphere', outfile: at('dist/client.global.js') }),
  build({ ...node, format: 'esm', banner: { js: withRequire }, outfile: at('dist/node.mjs') }),
  build({ ...node, format: 'cjs', outfile: at('dist/node.cjs') }),
  build({ ...links, format: 'esm', outfile: at('dist/links.mjs') }),
  build({ ...links, format: 'cjs', outfile: at('dist/links.cjs') }),
]);
