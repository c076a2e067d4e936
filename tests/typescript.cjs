// For `node -r`: runs the TypeScript files of the tests in a process of their own. As under jest each file is only
// translated, and decorated classes keep the types of their parameters; `tsc -b` is what checks them.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const ts = require('typescript');
const { compilerOptions } = require('../tsconfig.base.json');

const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...compilerOptions,
    inlineSourceMap: true,
    sourceMap: false,
    composite: false,
    declaration: false,
    declarationMap: false,
  },
  '.',
);

Module._extensions['.ts'] = (module, fileName) => {
  const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), { fileName, compilerOptions: options });
  module._compile(outputText, fileName);
};
