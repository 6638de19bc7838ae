/** What a run tells while it goes on; the command decides how to show it. */

export type RunStage =
  'provision' | 'connect' | 'warm up' | 'fill' | 'measure' | 'drain' | 'count' | 'read again' | 'clean up';

export interface RunListener {
  stage(stage: RunStage): void;
  /** About once a second outside the measured part: messages of the current phase sent and received so far. */
  progress(sent: number, received: number): void;
}
