/** The contract of a way to get a broker: endpoint (named by a person), compose (Docker), local (processes of ours). */
import type { Endpoint } from '../brokers/adapter.js';

/** One server of each product that mqbench can bring up by itself. */
export const baseServerIds = ['rabbitmq', 'kafka', 'activemq', 'memory'] as const;
/** Servers of a variant of a target, next to the base one: another configuration, connector or product. */
export const variantServerIds = [
  'rabbitmq-stomp',
  'kafka-flush-1',
  'activemq-periodic-sync',
  'activemq-artemis',
] as const;
export const serverIds = [...baseServerIds, ...variantServerIds] as const;
export type BaseServerId = (typeof baseServerIds)[number];
export type ServerId = (typeof serverIds)[number];

export type ProviderId = 'endpoint' | 'compose' | 'local';

/** How `--server` is said; `auto` takes endpoint, compose, local in that order, whichever is there first. */
export type ServerChoice = 'auto' | ProviderId;

/**
 * What can be done on purpose to a server that mqbench started. Every outage ends by itself, also when mqbench is
 * killed meanwhile: the server's supervisor sees to that.
 */
export interface ServerFaults {
  /**
   * Ends the broker's process, in good order or at once; it starts again by itself, with what it has stored.
   * Resolves when it is gone.
   * @param downMs between its end and its next start, in milliseconds
   * @throws BrokerError when that does not come about
   */
  takeDown(how: 'stop' | 'kill', downMs: number): Promise<void>;
  /** Stops the broker's process without ending it, for so many milliseconds; resolves when it is stopped. */
  pause(forMs: number): Promise<void>;
  /**
   * Resolves when no outage lasts any more and the server answers in its protocol.
   * @throws BrokerError when that does not come about
   */
  back(): Promise<void>;
  /** Ends an outage now; resolves like {@link ServerFaults.back}. Does nothing where there is none. */
  recover(): Promise<void>;
}

/** A server that answers its protocol. */
export interface RunningServer {
  readonly target: string;
  readonly provider: ProviderId;
  readonly endpoint: Endpoint;
  /** Where the software came from and what it is, recorded in the result (no secrets, no paths of this machine). */
  readonly provenance: Readonly<Record<string, string>>;
  /** Says what to know of this version, e.g. that its makers no longer support it; undefined when nothing. */
  readonly versionWarning?: string;
  /** The operating system's ids of the broker's processes, where they are on this machine; others after a restart. */
  readonly pids: readonly number[];
  /** Java only: the first run after a start is discarded. */
  readonly isJvm: boolean;
  /** The server's log file, where there is one. */
  readonly logFile?: string;
  /** Resolves when the server ends without being asked; never for an endpoint. */
  readonly exited: Promise<{ readonly reason: string }>;
  /** What faults may be done to it; absent where mqbench did not start it. */
  readonly faults?: ServerFaults;
  /** Ends what was started (nothing for an endpoint). Idempotent. */
  stop(): Promise<void>;
}

/** What a long step tells while it goes on (download, unpack, start). Goes to stderr through one sink. */
export interface ProgressSink {
  /** A step begins; `total` in bytes for a download. */
  step(what: string, total?: number): ProgressStep;
}
export interface ProgressStep {
  /** Absolute amount done so far, in the unit of `total`. */
  update(done: number): void;
  done(note?: string): void;
}

export interface StartContext {
  readonly progress: ProgressSink;
  /** Aborted on Ctrl-C: stop what is going on, leave nothing behind, reject with InterruptedError. */
  readonly signal: AbortSignal;
  /** Folder of the run's logs; a local server's log goes there when given, else into its own folder. */
  readonly logDir?: string;
}
