/** What a run tells while it goes on; the command decides how to show it. */
import type { ClientMetrics } from '../brokers/adapter.js';
import type { LatencySoFar } from '../metrics/latency-counts.js';
import type { BrokerSample } from '../monitor/sample.js';
import type { ClientUse, ProcessUse } from '../results/schema.js';
import type { Phase } from './envelope.js';

/** Messages that each producer and consumer of a run shows, where that was asked for: nobody reads more. */
export const printedMessages = 100;

export type RunStage =
  'provision' | 'connect' | 'warm up' | 'fill' | 'measure' | 'drain' | 'count' | 'read again' | 'clean up';

/** A look at everybody in a run, while it goes on. */
export interface LiveSample {
  /** Producers and consumers that answered; where none did, nothing is known of messages, latencies and clients. */
  readonly workers: number;
  /** Messages sent so far over all producers, by phase. */
  readonly sent: Readonly<Record<Phase, number>>;
  /** Unique messages received so far over all consumers, by phase. */
  readonly received: Readonly<Record<Phase, number>>;
  /** Of the measured messages so far: confirm − intended send time. */
  readonly publish: LatencySoFar;
  /** Of the measured messages so far: receipt − intended send time. */
  readonly endToEnd: LatencySoFar;
  /** Undefined where the broker does not tell, or did not this time. */
  readonly broker: BrokerSample | undefined;
  /** Since the look before. */
  readonly process: ProcessUse | undefined;
  /** Cores, since the look before. */
  readonly workersCpu: number | undefined;
  /** Since the look before. */
  readonly seconds: number;
  /** What the client libraries of all workers have counted since the run began; undefined where they count nothing. */
  readonly clients: ClientMetrics | undefined;
  /** The same as figures, of the time since the look before; undefined at the first look, and where they count nothing. */
  readonly clientUse: ClientUse | undefined;
}

export interface RunListener {
  /** A look at broker and workers, about once a second in every phase. */
  sampled?(target: string, sample: LiveSample): void;
  stage(stage: RunStage): void;
  /** About once a second outside the measured part: messages of the current phase sent and received so far. */
  progress(sent: number, received: number): void;
  /** A message as it was sent or received, where that was asked for. */
  print?(line: string): void;
}
