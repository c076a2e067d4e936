import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { scan } from './scan';

const built = (name: string): string => resolve(__dirname, '..', '..', name, 'dist');
const root = mkdtempSync(join(tmpdir(), 'scan-'));

function write(modules: Readonly<Record<string, string>>): void {
  for (const [name, code] of Object.entries(modules)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), code);
  }
}

afterAll(() => rmSync(root, { recursive: true }));

/** Names of the services in some folders, found by the built package in a process of its own: Jest has no real `import()`. */
async function scanned(...folders: string[]): Promise<(string[] | string)[]> {
  const program = `
    const { scan } = require(${JSON.stringify(join(built('server'), 'scan.js'))});
    Promise.all(${JSON.stringify(folders)}.map((folder) => scan(folder).then((found) => found.map(({ name }) => name), String)))
      .then((all) => console.log(JSON.stringify(all)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: root });
  return JSON.parse(stdout) as (string[] | string)[];
}

const service = (name: string): string => `class ${name} {} ManagedService('/${name.toLowerCase()}')(${name});`;
const cjs = `const { ManagedService } = require(${JSON.stringify(built('core'))});`;
const esm = `import core from ${JSON.stringify(join(built('core'), 'index.js'))}; const { ManagedService } = core;`;

describe('A scan', () => {
  it('finds the services that modules export, of either kind, in subfolders too, each once', async () => {
    write({
      'mixed/chat.js': `${cjs} ${service('Chat')} module.exports = { Chat, alias: Chat, helper() {}, nothing: null };`,
      'mixed/news.mjs': `${esm} ${service('News')} export { News }; export default News;`,
      'mixed/late.mjs': `${esm} await 0; ${service('Late')} export { Late };`,
      'mixed/deep/down/old.cjs': `${cjs} ${service('Old')} exports.Old = Old;`,
      'mixed/again.js': `module.exports = require('./chat.js');`,
      'mixed/extends.js': `const { Chat } = require('./chat.js'); exports.Base = class Base {}; exports.More = class More extends Chat {};`,
      'mixed/package/package.json': '{ "type": "module" }',
      'mixed/package/module.js': `${esm} await 0; ${service('Packaged')} export { Packaged };`,
    });
    expect(await scanned('mixed')).toEqual([['Chat', 'Old', 'More', 'Late', 'News', 'Packaged']]);
  });

  it('passes over tests, type declarations, other files and installed packages, but not over where it is installed itself', async () => {
    const bomb = 'throw new Error("loaded");';
    write({
      'node_modules/app/services/chat.js': `${cjs} ${service('Chat')} module.exports = { Chat };`,
      'node_modules/app/services/chat.test.js': bomb,
      'node_modules/app/services/chat.spec.mjs': bomb,
      'node_modules/app/services/chat.d.ts': bomb,
      'node_modules/app/services/data.json': bomb,
      'node_modules/app/services/node_modules/dep/index.js': bomb,
    });
    expect(await scanned('node_modules/app/services')).toEqual([['Chat']]);
  });

  it('that loads a broken module fails with the error of the module', async () => {
    write({
      'broken/a.js': 'throw new Error("broken inside");',
      'broken-esm/a.mjs': 'throw new Error("broken inside");',
      'missing/a.js': 'require("no-such-package");',
    });
    expect(await scanned('broken', 'broken-esm', 'missing')).toEqual([
      'Error: broken inside',
      'Error: broken inside',
      expect.stringContaining("Cannot find module 'no-such-package'"),
    ]);
  });

  it('finds the classes that are registered for all services, and a server has them at work', async () => {
    write({
      'roles/shout.js': `
        const { BroadcasterFilterService } = require(${JSON.stringify(built('core'))});
        class Shout { filter(message) { return { action: 'CONTINUE', message: message.toUpperCase() }; } }
        BroadcasterFilterService()(Shout);
        exports.Shout = Shout;`,
      'roles/deep/audit.js': `
        const { AtmosphereInterceptorService } = require(${JSON.stringify(built('core'))});
        class Audit { arrival(arrival, next) { console.log('interceptor ' + arrival.payload); return next(arrival); } }
        AtmosphereInterceptorService()(Audit);
        exports.Audit = Audit;`,
      'roles/listeners.mjs': `
        import core from ${JSON.stringify(join(built('core'), 'index.js'))};
        export class Ears { onSuspend({ resource }) { console.log('resource listener ' + resource.transport); } }
        core.AtmosphereResourceListenerService()(Ears);
        export class Eyes { onMessage({ id }) { console.log('broadcaster listener ' + id); } }
        core.BroadcasterListenerService()(Eyes);`,
      'roles/wall.js': `
        const { BroadcastOnPostInterceptor, ManagedService } = require(${JSON.stringify(built('core'))});
        class Wall {}
        ManagedService({ path: '/wall', interceptors: [BroadcastOnPostInterceptor] })(Wall);
        exports.Wall = Wall;`,
    });
    const program = `
      const { serve, silentLogger } = require(${JSON.stringify(built('server'))});
      (async () => {
        const server = await serve({ port: 0, host: '127.0.0.1', scan: 'roles', signals: [], logger: silentLogger });
        const { body } = await fetch(server.url + '/wall?X-Atmosphere-Transport=streaming');
        const reader = body.getReader();
        await reader.read(); // what makes the headers leave
        await fetch(server.url + '/wall', { method: 'POST', body: 'hello' });
        console.log('received ' + Buffer.from((await reader.read()).value));
        await server.stop();
      })();`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: root });
    expect(stdout.trim().split('\n').sort()).toEqual([
      'broadcaster listener /wall',
      'interceptor hello',
      'received HELLO',
      'resource listener streaming',
    ]);
  });

  it('that finds nothing fails, and names the folder', async () => {
    write({ 'empty/plain.js': 'exports.Plain = class Plain {};' });
    await expect(scan(join(root, 'empty'))).rejects.toThrow(
      `scan: no exported class with @ManagedService in ${join(root, 'empty')}`,
    );
  });

  it('of a folder that is not there fails, and says what it is relative to', async () => {
    await expect(scan('no/such/folder')).rejects.toThrow(
      `scan: the folder "no/such/folder" can't be read; it is taken relative to ${process.cwd()}`,
    );
  });
});
