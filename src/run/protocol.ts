/**
 * Everything that the orchestrator and its workers say to each other, whatever carries it. Plain data only.
 * A request has an id and gets exactly one answer; events come unasked.
 */
import type { ClientMetrics, DestinationSpec, Endpoint, Guarantee, ServerInfo } from '../brokers/adapter.js';
import type { Route } from '../brokers/pattern.js';
import type { Publishing } from '../confirms/modes.js';
import type { SerializedError } from '../errors.js';
import type { RepliesRecord } from '../metrics/calls.js';
import type { LatencySoFar } from '../metrics/latency-counts.js';
import type { LoadRecord } from '../metrics/load.js';
import type { ReceiptsRecord } from '../metrics/receipts.js';
import type { Mark, SendsRecord } from '../metrics/sends.js';
import type { Content } from '../payload/spec.js';
import type { Size } from '../scenario/sizes.js';
import type { RunLoad } from '../scenario/types.js';
import type { TaskCounts } from '../tasks/worker.js';
import type { Weights } from '../tasks/weights.js';
import type { Phase } from './envelope.js';

/** How every worker reaches its broker. */
export interface ConnectOptions {
  readonly adapter: string;
  readonly endpoint: Endpoint;
  readonly options: unknown;
  readonly clientName: string;
  readonly timeoutMs: number;
}

/** What producers and consumers of one run have in common. */
export interface RunOptions {
  /** Origin of the session's clock. */
  readonly origin: bigint;
  /** The number that marks this run's messages. */
  readonly runNumber: number;
  /** Seeds payloads and sizes. */
  readonly seed: number;
  readonly size: Size;
  readonly payload: Content;
  readonly producers: number;
  readonly guarantee: Guarantee;
  /** Messages are requests that consumers answer. */
  readonly calls: boolean;
  readonly load: RunLoad;
  /** Seeds Poisson arrivals: another in each repetition, the same for all targets. */
  readonly arrivalSeed: number;
  /** The row of routes that messages take in turn (src/patterns/deck.ts); absent where all are alike and shared. */
  readonly routes?: readonly Route[];
  /** A phase ends without its missing confirms when none has come for so long, in milliseconds. */
  readonly stallMs: number;
  /** A message holds its consumer for so long; absent: it costs nothing. */
  readonly weights?: Weights;
  /** How producers wait for confirms; absent: with the window of the load full. */
  readonly publishing?: Publishing;
  /** Each worker tells of so many measured messages, one by one; absent: of none. */
  readonly print?: number;
}

/** What a worker of a run with faults gets on top. */
export interface Resilience {
  /** The file that takes its record as it comes about. */
  readonly journal: string;
  /** The files of those who had its place before it and were killed; what they had received is taken up. */
  readonly earlier: readonly string[];
  /** It tries so long to come back after its connection was lost, in milliseconds. */
  readonly giveUpMs: number;
}

/** How much a phase sends: so many messages by this producer, or until a duration has passed. */
export type PhaseExtent = { readonly messages: number } | { readonly durationNs: number };

/** How far a producer came with a phase. */
export interface PhaseAnswer {
  readonly sent: number;
  readonly confirmed: number;
  /** By place in the row of routes, where there is one. */
  readonly confirmedAt?: readonly number[];
  /** It gave up, since nothing was settled any more. */
  readonly stalled: boolean;
  /** Calls that it gave up waiting for: their requests were settled, and no reply came. */
  readonly unanswered: number;
  /** Why the first message that was not taken was not; absent where all were. */
  readonly firstFailure?: SerializedError;
}

/** Requests and the answers they get. */
export interface Requests {
  'start-control': { ask: { connect: ConnectOptions }; answer: { serverInfo: ServerInfo } };
  'create-destination': { ask: { spec: DestinationSpec }; answer: Record<string, never> };
  /** Control: the destination's next consumers begin at the first message again. */
  rewind: { ask: { spec: DestinationSpec }; answer: Record<string, never> };
  'delete-destination': { ask: { spec: DestinationSpec }; answer: Record<string, never> };
  'start-producer': {
    /** Messages go to the destinations in turn. */
    ask: {
      connect: ConnectOptions;
      run: RunOptions;
      index: number;
      destinations: readonly DestinationSpec[];
      resilience?: Resilience;
    };
    answer: Record<string, never>;
  };
  'start-consumer': {
    ask: {
      connect: ConnectOptions;
      run: RunOptions;
      /** Among all consumers of the run. */
      index: number;
      destination: DestinationSpec;
      /** Among the consumers of its destination. */
      place: number;
      prefetch: number;
      /** It was not there in the warm-up: what it gets of it is history. */
      late: boolean;
      /** It takes the place of one that was killed, and tries until it is let in. */
      resumes?: boolean;
      resilience?: Resilience;
    };
    answer: Record<string, never>;
  };
  /** The measured part begins: load is counted from here. */
  'begin-measure': { ask: Record<string, never>; answer: Record<string, never> };
  /** Control: the connection is replaced by a new one; what was made stays known. */
  reconnect: { ask: { connect: ConnectOptions }; answer: Record<string, never> };
  /** Producers and consumers: the process's one thread sleeps for so many milliseconds; answered afterwards. */
  freeze: { ask: { forMs: number }; answer: Record<string, never> };
  /** Control: answered when a new connection could be opened. */
  'check-alive': { ask: { connect: ConnectOptions }; answer: Record<string, never> };
  /** Producers: send a phase, starting at a time of the session's clock; answered when all is settled, or stalled. */
  send: { ask: { phase: Phase; extent: PhaseExtent; startAt: number }; answer: PhaseAnswer };
  /** Producers: send no more; the pending `send` is then answered as far as it came. */
  'stop-sending': { ask: Record<string, never>; answer: Record<string, never> };
  /** Producers: how far the measured part is. */
  mark: { ask: Record<string, never>; answer: Mark };
  /** Consumers: acknowledges what is pending and leaves; the record stays. */
  'stop-consuming': { ask: Record<string, never>; answer: Record<string, never> };
  progress: { ask: Record<string, never>; answer: Progress };
  /** How far the worker is and what its client library has counted; `latency` costs a pass over a histogram. */
  look: { ask: { latency: boolean }; answer: WorkerLook };
  collect: { ask: Record<string, never>; answer: WorkerRecord };
  close: { ask: Record<string, never>; answer: Record<string, never> };
}
export type RequestType = keyof Requests;

/** Counts of a phase so far. */
export interface Progress {
  /** By phase. Producers: sent. Consumers: unique messages received. */
  readonly done: Readonly<Record<Phase, number>>;
  /** Deliveries of all kinds since the start: stands still when nothing moves. */
  readonly activity: number;
  /** Consumers: a measured message came that may have come to somebody before, or the broker does not tell. */
  readonly repeats?: boolean;
}

/** A worker in the middle of its work. */
export interface WorkerLook {
  readonly role: 'producer' | 'consumer';
  /** As in {@link Progress}. */
  readonly done: Readonly<Record<Phase, number>>;
  /** Absent where the client library counts nothing. */
  readonly client?: ClientMetrics;
  /** Of the measured messages so far: publish of a producer, end to end of a consumer. */
  readonly latency?: LatencySoFar;
}

export type WorkerRecord =
  | {
      readonly role: 'producer';
      readonly sends: SendsRecord;
      /** Of requests. */
      readonly replies?: RepliesRecord;
      readonly load: LoadRecord;
      /** By a fault: what it left in its journal. */
      readonly killed?: true;
      /** It did not answer: its record is empty, and stands in its place so that the others keep theirs. */
      readonly missing?: true;
    }
  | {
      readonly role: 'consumer';
      readonly receipts: ReceiptsRecord;
      readonly load: LoadRecord;
      readonly tasks?: TaskCounts;
      readonly killed?: true;
      readonly missing?: true;
    };

export type RequestMessage = {
  [T in RequestType]: { readonly id: number; readonly type: T; readonly ask: Requests[T]['ask'] };
}[RequestType];

export type AnswerMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError };

/** What a worker says unasked. */
export type EventMessage =
  /** The connection or subscription is gone; the run cannot go on. */
  | { readonly type: 'lost'; readonly error: SerializedError }
  /** The broker takes no more messages from this worker, or does again. */
  | { readonly type: 'blocked'; readonly blocked: boolean; readonly reason: string }
  /** The connection was lost in a run with faults and there is a new one; times on the session's clock. */
  | {
      readonly type: 'reconnected';
      readonly lostAt: number;
      readonly backAt: number;
      readonly attempts: number;
      readonly why: string;
    }
  /** The client library retried: reported, never silent. */
  | { readonly type: 'incident'; readonly what: string }
  /** A message as it was sent or received, for a person to read, with the time on the session's clock. */
  | { readonly type: 'printed'; readonly at: number; readonly line: string };

export type FromWorker = AnswerMessage | EventMessage;
