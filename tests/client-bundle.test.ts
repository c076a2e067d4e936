import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

const folder = join(__dirname, '..', 'packages', 'client');
const dist = (name: string): string => join(folder, 'dist', name);
const MAX_BYTES = 12 * 1024;

describe('What pages load of @ionosphere/client', () => {
  beforeAll(() => execFileSync(process.execPath, [join(folder, 'bundle.mjs')]), 60_000);

  it.each(['client.mjs', 'client.cjs', 'client.global.js'])('%s has all transports in less than 12 KB', (name) => {
    const text = readFileSync(dist(name));
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(MAX_BYTES);
    expect(text.includes('long-polling')).toBe(true);
  });

  it.each(['client.mjs', 'client.cjs', 'client.global.js'])('%s asks for nothing else', (name) => {
    const text = readFileSync(dist(name), 'utf8');
    expect(text).not.toMatch(/\b(import\s*[("'{]|from\s*["'])|\brequire\(/);
  });

  it.each([
    ['an ES module', 'module', `import { connect } from '@ionosphere/client'; process.stdout.write(typeof connect)`],
    ['CommonJS', 'commonjs', `process.stdout.write(typeof require('@ionosphere/client').connect)`],
    [
      'Node, an ES module',
      'module',
      `import * as all from '@ionosphere/client/node'; process.stdout.write(typeof all.connect)`,
    ],
    ['Node, CommonJS', 'commonjs', `process.stdout.write(typeof require('@ionosphere/client/node').openSocket)`],
  ])('is found by %s', (_who, type, program) => {
    const out = execFileSync(process.execPath, [`--input-type=${type}`, '-e', program], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(out).toBe('function');
  });

  it.each([
    ['module', 'node.mjs', `import { connect } from './node.mjs'`],
    ['commonjs', 'node.cjs', `require('./node.cjs')`],
  ])('says what to install where ws is missing (%s)', (type, file, program) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'without-ws-'));
    try {
      copyFileSync(dist(file), join(elsewhere, file));
      const options = { cwd: elsewhere, encoding: 'utf8', env: { ...process.env, NODE_PATH: '' } } as const;
      const { stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '-e', program], options);
      expect(stderr).toContain('Error: @ionosphere/client/node needs the package ws: npm install ws\n');
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it('is a global of a page that has no modules', () => {
    const script = readFileSync(dist('client.global.js'), 'utf8');
    const page = runInNewContext(`${script}; ionosphere`, { URL, Object }) as {
      connect: unknown;
      capabilities: unknown;
    };
    expect([typeof page.connect, typeof page.capabilities]).toEqual(['function', 'function']);
  });
});
