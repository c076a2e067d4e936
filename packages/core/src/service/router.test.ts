import { DeclarationError } from '../errors';
import { Router } from './router';
import { parseTemplate } from '../request/template';

const route = (text: string, name = text) => ({ name, template: parseTemplate(text, name) });

/** What a router with these templates finds at a path: template and variables. */
function find(templates: readonly string[], path: string): [string, Record<string, string>] | undefined {
  const found = new Router(templates.map((text) => route(text))).find(path);
  return found && [found.route.name, Object.fromEntries(found.params)];
}

describe('A path template', () => {
  it.each([
    ['/chat', '/chat', {}],
    ['/', '/', {}],
    ['/chat/{room}', '/chat/blue', { room: 'blue' }],
    ['/chat/{ room }', '/chat/a b', { room: 'a b' }],
    ['/{a}/x/{b}', '/1/x/2', { a: '1', b: '2' }],
    ['/doc/{id: [0-9]+}', '/doc/42', { id: '42' }],
    ['/doc/{id:[0-9]{2}}', '/doc/42', { id: '42' }],
    ['/doc/{kind: a|b}', '/doc/b', { kind: 'b' }],
    ['/doc/{rest: .+}', '/doc/a/b', { rest: 'a/b' }],
    ['/doc/{rest: (?:a/)+b}', '/doc/a/a/b', { rest: 'a/a/b' }],
    ['/doc/{tag: #?[a-z]//[a-z]}', '/doc/#a//b', { tag: '#a//b' }],
    ['/doc/{name: (?<!x)y\\(z\\)[(]}', '/doc/y(z)(', { name: 'y(z)(' }],
    ['/files/*', '/files/a/b.txt', {}],
    ['/*', '/', {}],
    ['/a.b(c)+$', '/a.b(c)+$', {}],
    ['/chat/{__proto__}', '/chat/x', JSON.parse('{"__proto__":"x"}')],
  ])('%s matches %s', (text, path, params) => {
    const matched = parseTemplate(text, 'Chat').match(path);
    expect(matched && [...matched]).toEqual(Object.entries(params as object));
  });

  it.each([
    ['/chat', '/chat/'],
    ['/chat', '/chats'],
    ['/chat/{room}', '/chat'],
    ['/chat/{room}', '/chat/'],
    ['/chat/{room}', '/chat/a/b'],
    ['/doc/{id: [0-9]+}', '/doc/4x'],
    ['/doc/{kind: a|b}', '/doc/ab'],
    ['/files/*', '/files'],
    ['/a.b', '/axb'],
  ])('%s does not match %s', (text, path) => {
    expect(parseTemplate(text, 'Chat').match(path)).toBeUndefined();
  });

  it.each([
    ['chat', 'must start with "/"'],
    ['', 'must start with "/"'],
    ['/chat/', 'must not end with "/"'],
    ['/chat?x=1', 'must not contain "?" or "#"'],
    ['/chat#x', 'must not contain "?" or "#"'],
    ['/a//b', 'must not have an empty segment'],
    ['/chat/{room', 'neither text nor one variable such as {room} or {id: [0-9]+}'],
    ['/chat/room}', 'neither text nor one variable'],
    ['/chat/{}', 'neither text nor one variable'],
    ['/chat/{9x}', 'neither text nor one variable'],
    ['/chat/x{room}', 'neither text nor one variable'],
    ['/*/x', 'neither text nor one variable'],
    ['/x*', 'neither text nor one variable'],
    ['/{a}/{a}', 'has the variable {a} twice'],
    ['/{a: (?<b>x)}', 'has capturing parentheses in {a}; write (?:...)'],
    ['/{a: (x)}', 'has capturing parentheses in {a}; write (?:...)'],
    ['/{a: [}', 'has a pattern that is no regular expression'],
  ])('%s is refused, naming the class, the path and the reason', (text, reason) => {
    expect(() => parseTemplate(text, 'Chat')).toThrow(DeclarationError);
    expect(() => parseTemplate(text, 'Chat')).toThrow(
      `Chat: its path "${text}" ${reason.startsWith('neither') ? '' : reason}`.trim(),
    );
    expect(() => parseTemplate(text, 'Chat')).toThrow(reason);
  });
});

describe('A router', () => {
  it('prefers an exact path to any template, whatever their order', () => {
    expect(find(['/chat/{room}', '/chat/lobby', '/*'], '/chat/lobby')).toEqual(['/chat/lobby', {}]);
    expect(find(['/chat/{room}', '/chat/lobby', '/*'], '/chat/blue')).toEqual(['/chat/{room}', { room: 'blue' }]);
  });

  it('prefers the template with more literal text', () => {
    const templates = ['/{a}/{b}', '/*', '/chat/{room}', '/{a}/logs'];
    expect(find(templates, '/chat/logs')?.[0]).toBe('/chat/{room}');
    expect(find(templates, '/x/logs')?.[0]).toBe('/{a}/logs');
    expect(find(templates, '/x/y')?.[0]).toBe('/{a}/{b}');
    expect(find(templates, '/x/y/z')?.[0]).toBe('/*');
  });

  it('prefers a variable to a star, and a variable with a pattern to one without, whatever their order', () => {
    const templates = ['/files/*', '/files/{name}', '/files/{id: [0-9]+}'];
    expect(find(templates, '/files/7')?.[0]).toBe('/files/{id: [0-9]+}');
    expect(find(templates, '/files/x')?.[0]).toBe('/files/{name}');
    expect(find(templates, '/files/x/y')?.[0]).toBe('/files/*');
  });

  it('finds nothing where nothing is', () => {
    expect(find(['/chat'], '/other')).toBeUndefined();
    expect(find([], '/')).toBeUndefined();
    expect(find(['/chat'], '__proto__')).toBeUndefined();
  });

  it.each([
    ['/chat', '/chat'],
    ['/chat/{room}', '/chat/{name}'],
    ['/doc/{a:[0-9]+}', '/doc/{ b : [0-9]+ }'],
  ])('refuses two services at %s and %s, naming both', (first, second) => {
    const routes = [route(first, 'Chat'), route(second, 'Talk')];
    expect(() => new Router(routes)).toThrow(`Chat and Talk are both at ${second}; give one of them another path`);
  });

  it('takes templates that differ in their patterns alone', () => {
    expect(find(['/doc/{id: [0-9]{2}}', '/doc/{id: [0-9]{3}}'], '/doc/123')).toEqual([
      '/doc/{id: [0-9]{3}}',
      { id: '123' },
    ]);
  });

  it('lists the paths that need no template', () => {
    expect([...new Router([route('/b'), route('/{x}'), route('/a')]).exactPaths()]).toEqual(['/b', '/a']);
  });
});
