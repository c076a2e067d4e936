import { IsString } from 'class-validator';
import { planOf } from './planner';

class Note {
  @IsString() text!: string;
}

describe('The libraries of DTOs', () => {
  it('are not loaded with the framework', () => {
    const loaded: string[] = [];
    for (const name of ['class-validator', 'class-transformer'])
      jest.doMock(name, () => {
        loaded.push(name);
        return jest.requireActual<object>(name);
      });
    jest.isolateModules(() => {
      const framework = jest.requireActual<object>('../index');
      expect(Object.keys(framework).length).toBeGreaterThan(50);
      expect(loaded).toEqual([]);
      jest.requireActual('./dto');
    });
    expect(loaded).toEqual(['class-transformer', 'class-validator']);
  });

  it('are those that the decorators of a class write to', () => {
    const { read, validated, declares } = planOf(Note, {});
    expect(read({ text: 'hi' })).toBeInstanceOf(Note);
    expect([validated, declares('text'), declares('other')]).toEqual([true, true, false]);
  });
});
