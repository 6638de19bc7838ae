/** What a suite tells a single worker that it drives without a whole run around it. */
import type { RunOptions } from '../dist/run/protocol.js';
import { inFlight } from './settings.js';

export interface WorkerShape {
  readonly origin: bigint;
  readonly runNumber: number;
  readonly seed: number;
  readonly sizeBytes: number;
}

/** One producer at full speed with the comparison's messages in flight. */
export function runOptions(shape: WorkerShape): RunOptions {
  const { sizeBytes, ...rest } = shape;
  return {
    ...rest,
    size: sizeBytes,
    payload: { kind: 'random' },
    producers: 1,
    guarantee: 'at-least-once',
    calls: false,
    load: { kind: 'closed', inFlight },
    arrivalSeed: shape.seed,
    stallMs: 60_000,
  };
}
