/** What a run tells while it goes on; the command decides how to show it. */

import type { RunSample } from '../monitor/run/sampler.js';

export type RunStage = 'provision' | 'connect' | 'warm up' | 'fill' | 'measure' | 'drain' | 'count' | 'clean up';

export interface RunListener {
  /** A look at broker and workers, about once a second in every phase. */
  sampled?(target: string, sample: RunSample): void;
  stage(stage: RunStage): void;
  /** About once a second outside the measured part: messages of the current phase sent and received so far. */
  progress(sent: number, received: number): void;
}
