import { loadNative, type Machine } from './uws';

const debian: Machine = { node: 'v20.20.2', abi: '115', platform: 'linux', arch: 'x64', glibc: '2.36' };
const native = { App: () => undefined };

function missing(name: string): never {
  throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- somewhere`), {
    code: 'MODULE_NOT_FOUND',
  });
}

/** What a loader says on a machine where these modules load or throw; all others are not installed. */
function complaint(machine: Machine, modules: Record<string, () => unknown> = {}): string {
  const load = (name: string): unknown => (modules[name] ?? (() => missing(name)))();
  try {
    loadNative(load, () => machine);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it loaded');
}

describe('The loader of the native library', () => {
  it('loads it on this machine', () => {
    expect(typeof loadNative().App).toBe('function');
  });

  it('takes the first build that loads: what the user installed, then the newest', () => {
    const asked: string[] = [];
    const load = (have: string) => (name: string) => {
      asked.push(name);
      return name === have ? native : missing(name);
    };
    expect(loadNative(load('uWebSockets.js'))).toBe(native);
    expect(loadNative(load('uws-lts'))).toBe(native);
    expect(asked).toEqual(['uWebSockets.js', 'uWebSockets.js', 'uws-latest', 'uws-lts']);
  });

  it('passes over what is none, and says so if nothing else loads', () => {
    const load = (name: string): unknown => (name === 'uws-latest' ? native : {});
    expect(loadNative(load)).toBe(native);
    expect(complaint(debian, { 'uWebSockets.js': () => ({}) })).toContain(
      'tried uWebSockets.js: loaded, but has no App()',
    );
  });

  it('asks what machine it is only when nothing loads', () => {
    const machine = jest.fn(() => debian);
    loadNative(() => native, machine);
    expect(machine).not.toHaveBeenCalled();
  });

  it('says in one error what was tried and what to do when nothing is installed', () => {
    expect(complaint(debian)).toBe(
      [
        'uWebSockets.js could not be loaded on Node v20.20.2 (ABI 115), linux-x64, glibc 2.36.',
        '  tried uWebSockets.js: not installed',
        '  tried uws-latest: not installed',
        '  tried uws-lts: not installed',
        '  Install with the same Node version that runs the program, and without --omit=optional: the native part is an optional dependency.',
      ].join('\n'),
    );
  });

  it('gives the first line of what each build had against it, such as a wrong ABI or a file that is missing inside', () => {
    const abi = (): never => {
      throw new Error('This version of uWS.js supports only Node.js 18, 20, 21 and 22\nand more');
    };
    const inside = (): never => missing('./uws_linux_x64_115.node');
    const odd = (): never => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a native module may throw anything
      throw 'no error object';
    };
    const text = complaint(debian, { 'uWebSockets.js': odd, 'uws-latest': inside, 'uws-lts': abi });
    expect(text).toContain('tried uWebSockets.js: no error object\n');
    expect(text).toContain("tried uws-latest: Cannot find module './uws_linux_x64_115.node'\n");
    expect(text).toContain('tried uws-lts: This version of uWS.js supports only Node.js 18, 20, 21 and 22\n');
  });

  it.each([
    [
      { node: 'v24.21.0', abi: '137' },
      'Node 24 needs glibc 2.38 or newer (Debian 13, Ubuntu 24.04), found 2.36; or use Node 20 or 22.',
    ],
    [
      { node: 'v26.10.0', glibc: '2.4' },
      'Node 26 needs glibc 2.38 or newer (Debian 13, Ubuntu 24.04), found 2.4; or use Node 20 or 22.',
    ],
    [{ node: 'v24.21.0', glibc: '2.41' }, 'Install with the same Node version'],
    [{ node: 'v24.21.0', glibc: '2.38' }, 'Install with the same Node version'],
    [{ glibc: undefined }, 'There is no build for musl (Alpine): use a Debian or Ubuntu based image.'],
    [{ node: 'v18.20.8' }, 'Use Node 20, 22, 24 or 26.'],
    [{ platform: 'darwin', glibc: undefined }, 'Install with the same Node version'],
  ])('advises for %j', (machine, advice) => {
    expect(complaint({ ...debian, ...machine })).toContain(`\n  ${advice}`);
  });

  it('names no libc where there is none of that kind to name', () => {
    expect(complaint({ ...debian, glibc: undefined })).toContain('linux-x64, no glibc.');
    expect(complaint({ ...debian, platform: 'win32', glibc: undefined })).toContain('win32-x64.');
  });
});
