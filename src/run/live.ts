/** What a run tells while it goes on; the command decides how to show it. */

/** Messages that each producer and consumer of a run shows, where that was asked for: nobody reads more. */
export const printedMessages = 100;

export type RunStage =
  'provision' | 'connect' | 'warm up' | 'fill' | 'measure' | 'drain' | 'count' | 'read again' | 'clean up';

export interface RunListener {
  stage(stage: RunStage): void;
  /** About once a second outside the measured part: messages of the current phase sent and received so far. */
  progress(sent: number, received: number): void;
  /** A message as it was sent or received, where that was asked for. */
  print?(line: string): void;
}
