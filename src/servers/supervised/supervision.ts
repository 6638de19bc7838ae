/** What a supervisor and the process that started it say to each other: one JSON text a line, on stdin and stdout. */
import type { Command, Reach } from './launch.js';

/** The first line on the supervisor's stdin: the folder that goes when it goes, said before it is made. */
export interface Claim {
  readonly folder: string;
}

/** The second one. */
export interface Assignment extends Claim {
  readonly logFile: string;
  /** Size of the log before this start, in bytes: what stands there already is of an earlier one. */
  readonly logFrom: number;
  /** Value of the environment variable that marks every process. */
  readonly marker: string;
  readonly before: readonly Command[];
  readonly beside: readonly Command[];
  readonly server: Command;
  /** Run one after another once the server is gone, each for some seconds at most. */
  readonly after: readonly Command[];
  /** Where signals to `server` do not reach the broker itself. */
  readonly reach?: Reach;
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

/** How long a server may take until it answers, in milliseconds: ten times what it takes on a slow, idle machine. */
export const readyTimeoutMs = 120_000;

/** How long one question whether it answers may take, in milliseconds. */
export const probeTimeoutMs = 3_000;

/** How long a server may take to end after SIGTERM, in milliseconds. */
export const stopGraceMs = 15_000;

/** The same when the starter is gone: everything has to be over within 10 s then. */
export const orphanGraceMs = 5_000;

/** How long one step after the server's end may take, in milliseconds. */
export const afterStepMs = 30_000;

/** In the server's folder: what is to be done to it. SIGUSR2 tells the supervisor to read it. */
export const orderFile = 'outage-order.json';
/** In the server's folder: what was done, whole at any time. */
export const stateFile = 'outage-state.json';

/**
 * Something that is done to a server on purpose. It ends by itself: whoever gave the order may be dead by then. In
 * files and not on stdin, so that it works for a server that `brokers up` left too.
 */
export type OutageOrder = { readonly id: string } & (
  | {
      readonly do: 'down';
      /** SIGTERM ends it in good order, SIGKILL at once. */
      readonly how: 'SIGTERM' | 'SIGKILL';
      /** Milliseconds between its end and its next start. */
      readonly downMs: number;
    }
  | { readonly do: 'pause'; readonly forMs: number }
  /** Whatever is being done ends now. */
  | { readonly do: 'recover' }
);

export interface OutageState {
  /** Of the last order that was obeyed; empty before the first. */
  readonly order: string;
  readonly phase: 'up' | 'ending' | 'down' | 'paused';
  /** The server's process; the last one while it is down. */
  readonly pid: number;
}
