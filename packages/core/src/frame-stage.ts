import type { Payload } from '@ionosphere/protocol';
import type { Request } from './request';

/**
 * Sees the messages of one WebSocket as they are on the wire, below decoders, encoders and framing, and may change or drop
 * them: undefined drops. What it throws about a message that came is answered like any failure; about one that goes out, it
 * ends the connection.
 */
export interface FrameStage {
  inbound?(message: Payload): Payload | undefined;
  outbound?(message: Payload): Payload | undefined;
}

/** Makes the stage of one connection. */
export type FrameStageFactory = (request: Request) => FrameStage;

/** A message that came, through all stages: the last, next to the wire, first. */
export function inward(stages: readonly FrameStage[], message: Payload): Payload | undefined {
  let passed: Payload | undefined = message;
  for (let index = stages.length - 1; index >= 0 && passed !== undefined; index--) {
    const stage = stages[index];
    if (stage?.inbound) passed = stage.inbound(passed);
  }
  return passed;
}

/** A message that goes out, through all stages, the first first. */
export function outward(stages: readonly FrameStage[], message: Payload): Payload | undefined {
  let passed: Payload | undefined = message;
  for (const stage of stages) {
    if (passed === undefined) return undefined;
    if (stage.outbound) passed = stage.outbound(passed);
  }
  return passed;
}
