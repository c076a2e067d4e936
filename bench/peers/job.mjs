// What each of these servers does with a message, and how it tells the bench where it listens.
import control from '../dist/peers/control.js';
import job from '../dist/peers/job.js';
import plan from '../dist/peers/room-plan.js';

export const { serveBench, nativeOfFramework } = control;
export const { argument, HEARTBEAT_SECONDS, webSocketLimits } = job;
export const { RoomPlan, roomNames } = plan;

/** Whether the job is the one with rooms: then the bench says how many. */
export const hasRooms = process.argv.length > 4;

/** Puts the time on a message that the library has parsed. */
export function stamp(message) {
  message.time = Date.now();
  return message;
}

/** Reads a message, puts the time on it, writes it. */
export function stamped(data) {
  return JSON.stringify(stamp(JSON.parse(data.toString())));
}

/** Listens on a free port of this machine. */
export function listen(server) {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => serveBench(server.address().port));
}
