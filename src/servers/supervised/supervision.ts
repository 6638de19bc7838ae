/** What a supervisor and the process that started it say to each other: one JSON text a line, on stdin and stdout. */
import type { Command } from './launch.js';

/** The first line on the supervisor's stdin. */
export interface Assignment {
  readonly folder: string;
  readonly logFile: string;
  /** Value of the environment variable that marks every process. */
  readonly marker: string;
  readonly before: readonly Command[];
  readonly beside: readonly Command[];
  readonly server: Command;
  /** Run one after another once the server is gone, each for some seconds at most. */
  readonly after: readonly Command[];
}

/** Every later line on stdin. When stdin ends without one of them, the starter is gone: everything goes. */
export type Order =
  /** End the server in good order, then go. */
  | 'stop'
  /** From now on a lost starter means nothing: `brokers up` leaves. */
  | 'detach';

/** A line on the supervisor's stdout. */
export type Report =
  | { readonly type: 'started'; readonly pid: number }
  /** The server or a step before it ended, or could not be started; with the end of its log. */
  | { readonly type: 'ended'; readonly reason: string; readonly log: string }
  /** Answer to `detach`. */
  | { readonly type: 'detached' };

/** How long a server may take to end after SIGTERM, in milliseconds. */
export const stopGraceMs = 15_000;

/** The same when the starter is gone: everything has to be over within 10 s then. */
export const orphanGraceMs = 5_000;

/** How long one step after the server's end may take, in milliseconds. */
export const afterStepMs = 30_000;
