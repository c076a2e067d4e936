import { Program } from './child.fixture';
import { RawSocket } from './raw.fixture';

describe('an application that is an ES module', () => {
  let program: Program;

  beforeAll(async () => {
    program = await Program.start('program.mjs', '1');
  });
  afterAll(() => program.end());

  it('finds every package once, whether it asks for core or for server', () => {
    expect(program.ready.slice(1)).toEqual(['true', 'true', 'true']);
  });

  it('shares the container with the packages: a service gets what the program registered', async () => {
    const socket = await RawSocket.open(`${program.url}/slow`);
    expect(await socket.ask('you')).toBe('Hello from the root container, you');
    socket.close();
  });
});
