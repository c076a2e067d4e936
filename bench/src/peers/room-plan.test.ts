import { RoomPlan } from './room-plan';

describe.each([
  [1, 10, 1],
  [10, 100, 10],
  [100, 1000, 100],
  [10_000, 1000, 1000],
  [10_000, 10_000, 10_000],
])('%d rooms with %d clients, %d rooms per message', (rooms, clients, perMessage) => {
  const plan = new RoomPlan(rooms, clients, perMessage);
  const members = Array.from({ length: rooms }, () => new Set<number>());
  for (let client = 0; client < clients; client++) for (const room of plan.admit()) members[room]?.add(client);

  it('have ten clients in each', () => {
    expect(new Set(members.map(({ size }) => size))).toEqual(new Set([10]));
  });

  it('give every client the same number of copies of each message, and all rooms their turn', () => {
    const visited = new Set<number>();
    for (let message = 0; message < rooms / perMessage; message++) {
      const copies = new Array<number>(clients).fill(0);
      plan.eachNext((room) => {
        visited.add(room);
        for (const client of members[room] ?? []) copies[client] = (copies[client] ?? 0) + 1;
      });
      expect(new Set(copies)).toEqual(new Set([(perMessage * 10) / clients]));
    }
    expect(visited.size).toBe(rooms);
  });
});
