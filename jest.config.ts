/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';
import { compilerOptions } from './tsconfig.base.json';

/** Dependencies that ship only ES modules and that a test imports: add the package name here. */
const esmOnly: string[] = ['arktype', '@ark', 'arkregex'];

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['packages', 'samples', 'bench', 'scripts', 'tests'].map((folder) => `<rootDir>/${folder}/**/*.test.ts`),
  modulePathIgnorePatterns: ['/(packages/[^/]+|samples/[^/]+|bench)/dist/'],
  moduleNameMapper: {
    '^@ionosphere/(protocol|client|core|grpc|server|sqlite|testing)$': '<rootDir>/packages/$1/src/index.ts',
    '^@ionosphere/client/(node|links)$': '<rootDir>/packages/client/src/$1.ts',
  },
  // Types are checked by `tsc -b` (tsconfig.tests.json); here each file is only translated.
  transform: {
    '^.+\\.[jt]s$': ['ts-jest', { tsconfig: { ...compilerOptions, isolatedModules: true }, diagnostics: false }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  setupFiles: ['reflect-metadata'],
  coverageProvider: 'v8',
  maxWorkers: 2,
  testTimeout: 15_000,
};

export default config;
