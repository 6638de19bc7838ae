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

/** A server that answers its protocol. */
export interface RunningServer {
  readonly target: string;
  readonly provider: ProviderId;
  readonly endpoint: Endpoint;
  /** Where the software came from and what it is, recorded in the result (no secrets, no paths of this machine). */
  readonly provenance: Readonly<Record<string, string>>;
  /** Says what to know of this version, e.g. that its makers no longer support it; undefined when nothing. */
  readonly versionWarning?: string;
  /** The operating system's ids of the broker's processes, where they are on this machine. */
  readonly pids: readonly number[];
  /** Java only: the first run after a start is discarded. */
  readonly isJvm: boolean;
  /** The server's log file, where there is one. */
  readonly logFile?: string;
  /** Resolves when the server ends without being asked; never for an endpoint. */
  readonly exited: Promise<{ readonly reason: string }>;
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
