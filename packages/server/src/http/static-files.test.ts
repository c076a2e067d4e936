import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManagedService, silentLogger } from '@ionosphere/core';
import { RawHttp, requestOnce, type RawResponse } from '../raw-http.fixture';
import { serve, type Server } from '../serve';

@ManagedService('/service')
class Service {}

describe('Static files', () => {
  const root = mkdtempSync(join(tmpdir(), 'files-'));
  const files: Record<string, string | Buffer> = {
    'secret.txt': 'SECRET',
    'public-not/secret.txt': 'SECRET',
    'public/index.html': '<p>home</p>',
    'public/app.js': 'let a;',
    'public/style.css': 'p{}',
    'public/data.json': '{}',
    'public/logo.png': Buffer.from([0x89, 0x50, 0xff]),
    'public/unknown.xyz123': 'x',
    'public/Zoë b.txt': 'hé',
    'public/empty.txt': '',
    'public/.env': 'SECRET',
    'public/.git/config': 'SECRET',
    'public/sub/.hidden/x.txt': 'SECRET',
    'public/sub/index.html': '<p>sub</p>',
    'public/bare/file.txt': 'x',
    'public/a%2Fb.txt': 'literal',
    'library/lib.js': 'lib',
  };
  let server: Server;
  const get = (path: string, headers: Record<string, string> = {}): Promise<RawResponse> =>
    requestOnce(server.port, `GET ${path}`, headers);

  beforeAll(async () => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(root, name, '..'), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    mkdirSync(join(root, 'once'));
    symlinkSync(join(root, 'public', 'app.js'), join(root, 'public', 'link.js'));
    server = await serve({
      port: 0,
      host: '127.0.0.1',
      services: [Service],
      logger: silentLogger,
      signals: [],
      files: {
        '/': join(root, 'public'),
        '/lib': join(root, 'library'),
        '/one.js': join(root, 'library', 'lib.js'),
        '/gone': join(root, 'once'),
      },
    });
    rmSync(join(root, 'once'), { recursive: true });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(root, { recursive: true });
  });

  it.each([
    ['/', '<p>home</p>', 'text/html; charset=utf-8'],
    ['/index.html', '<p>home</p>', 'text/html; charset=utf-8'],
    ['/app.js', 'let a;', 'text/javascript; charset=utf-8'],
    ['/app.js?v=1', 'let a;', 'text/javascript; charset=utf-8'],
    ['/style.css', 'p{}', 'text/css; charset=utf-8'],
    ['/data.json', '{}', 'application/json; charset=utf-8'],
    ['/unknown.xyz123', 'x', 'application/octet-stream'],
    ['/Zo%C3%AB%20b.txt', 'hé', 'text/plain; charset=utf-8'],
    ['/empty.txt', '', 'text/plain; charset=utf-8'],
    ['/sub', '<p>sub</p>', 'text/html; charset=utf-8'],
    ['/sub/', '<p>sub</p>', 'text/html; charset=utf-8'],
    ['/a%2Fb.txt', 'literal', 'text/plain; charset=utf-8'],
    ['/lib/lib.js', 'lib', 'text/javascript; charset=utf-8'],
    ['/one.js', 'lib', 'text/javascript; charset=utf-8'],
    ['/link.js', 'let a;', 'text/javascript; charset=utf-8'],
  ])('at %s are served with their type', async (path, body, type) => {
    const response = await get(path);
    expect([response.status, response.body, response.headers.get('content-type')]).toEqual([200, body, [type]]);
    expect(response.headers.get('x-content-type-options')).toEqual(['nosniff']);
    expect(response.headers.get('cache-control')).toEqual(['no-cache']);
  });

  it('are served byte for byte', async () => {
    const { headers } = await get('/logo.png');
    expect([headers.get('content-type'), headers.get('content-length')]).toEqual([['image/png'], ['3']]);
  });

  it.each([
    '/../secret.txt',
    '/sub/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2E/secret.txt',
    '/.%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/sub\\..\\..\\secret.txt',
    '/%252e%252e/secret.txt',
    '/..;/secret.txt',
    '//../secret.txt',
    '/..//secret.txt',
    '/lib/../../secret.txt',
    '/lib/..%2f..%2fsecret.txt',
    '/lib../secret.txt',
    '/../public-not/secret.txt',
    '/-not/secret.txt',
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/sub/.hidden/x.txt',
    '/sub/./index.html',
    '/app.js%00.html',
    '/app.js/',
    '/app.js/x',
    '/one.js/lib.js',
    '/bare',
    '/nothing.txt',
    '/gone',
    '/gone/x',
    '/APP.js',
    `/${'x'.repeat(300)}`,
    '/%c0%ae%c0%ae/secret.txt',
  ])('at %s are not there', async (path) => {
    const { status, body } = await get(path);
    expect(body).not.toContain('SECRET');
    // A path that ends with a slash is read without it, and a broken encoding is a bad request.
    expect([path, status]).toEqual([path, path === '/app.js/' ? 200 : /%c0|%00/.test(path) ? 400 : 404]);
  });

  it('are not sent again to a client that has them', async () => {
    const { headers } = await get('/app.js');
    const [etag = ''] = headers.get('etag') ?? [];
    expect(etag).toMatch(/^"[\w-]{20,}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const { status, body, headers: again } = await get('/app.js', { 'If-None-Match': known });
      expect([status, body, again.get('etag')]).toEqual([304, '', [etag]]);
    }
    expect(await get('/app.js', { 'If-None-Match': '"other"' })).toMatchObject({ status: 200, body: 'let a;' });
    expect((await get('/style.css')).headers.get('etag')).not.toEqual([etag]);
  });

  it('are sent anew when they have changed', async () => {
    const before = await get('/data.json');
    writeFileSync(join(root, 'public', 'data.json'), '{"a":1}');
    const [etag = ''] = before.headers.get('etag') ?? [];
    expect(await get('/data.json', { 'If-None-Match': etag })).toMatchObject({ status: 200, body: '{"a":1}' });
  });

  it('can be asked for without their content, and not be posted to', async () => {
    expect(await requestOnce(server.port, 'HEAD /app.js')).toMatchObject({ status: 200, body: '' });
    expect(await requestOnce(server.port, 'HEAD /nothing')).toMatchObject({ status: 404 });
    expect(await requestOnce(server.port, 'POST /app.js', {}, 'x')).toMatchObject({ status: 404 });
  });

  it('do not go before services', async () => {
    expect(await get('/service')).toMatchObject({ status: 200, body: '' });
  });

  it('may be asked for by a client that then goes away', async () => {
    const http = new RawHttp(server.port);
    http.write('GET /app.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    await http.until('HTTP/1.1');
    await http.destroy();
    expect(await get('/app.js')).toMatchObject({ status: 200 });
  });
});
