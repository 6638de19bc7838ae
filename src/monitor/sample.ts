/**
 * What a monitor sees of a broker at one moment, the same shape for all of them. A figure that a broker does not tell
 * is absent, never 0. Counters only ever grow, until what counts them begins anew; rates are derived from them.
 */

import type { DestinationSpec } from '../brokers/adapter.js';
import type { RunClients } from './clients.js';

/** Messages counted since the broker, or the destination, began. */
export interface Counters {
  /** Taken in: RabbitMQ publish, Kafka log end offset, ActiveMQ enqueue. */
  readonly in?: number;
  /** Handed to consumers: RabbitMQ deliver and get, ActiveMQ dispatch. */
  readonly delivered?: number;
  /** Done: RabbitMQ acknowledged (or delivered with no need to), Kafka committed, ActiveMQ dequeued. */
  readonly acknowledged?: number;
}
export type CounterName = keyof Counters;

/** The same a second. */
export type Rates = Counters;

/** A consumer group of a Kafka topic. */
export interface GroupReading {
  readonly name: string;
  /** As Kafka says it, e.g. `Stable`, `Empty`, `PreparingRebalance`; it does not tell of each group. */
  readonly state?: string;
  readonly members?: number;
  /** Messages between the committed offset and the log end, over all partitions. */
  readonly lag: number;
  /** `acknowledged` is the sum of the committed offsets. */
  readonly counters: Counters;
}

/** A queue or topic. */
export interface DestinationReading {
  readonly name: string;
  readonly kind: 'queue' | 'topic';
  /** RabbitMQ's virtual host, where it is not `/`. */
  readonly vhost?: string;
  /** RabbitMQ: `running`, `idle`, `flow`, `down`, … */
  readonly state?: string;
  readonly partitions?: number;
  /** Waiting for a consumer. */
  readonly ready?: number;
  /** Delivered and not acknowledged. */
  readonly unacknowledged?: number;
  /** Both together. */
  readonly total?: number;
  readonly consumers?: number;
  readonly memoryBytes?: number;
  /** ActiveMQ: share of the destination's memory limit, 0 to 1. */
  readonly memoryShare?: number;
  readonly groups?: readonly GroupReading[];
  readonly counters: Counters;
}

/** A broker process, or the broker as a whole where it does not tell its nodes apart. */
export interface NodeReading {
  readonly name: string;
  readonly running: boolean;
  readonly connections?: number;
  readonly memoryBytes?: number;
  /** RabbitMQ blocks publishers above this; ActiveMQ holds them up. */
  readonly memoryLimitBytes?: number;
  /** Share of the limit in use, 0 to 1. */
  readonly memoryShare?: number;
  readonly memoryAlarm?: boolean;
  readonly diskFreeBytes?: number;
  /** RabbitMQ blocks publishers below this. */
  readonly diskFreeLimitBytes?: number;
  readonly diskAlarm?: boolean;
  /** ActiveMQ: the message store, and its limit. */
  readonly storeBytes?: number;
  readonly storeLimitBytes?: number;
  readonly storeShare?: number;
}

/** One look at a broker. */
export interface Reading {
  readonly product: string;
  readonly version?: string;
  /** Where the figures come from, e.g. `management API`. */
  readonly source: string;
  readonly nodes: readonly NodeReading[];
  /**
   * Clients that the broker holds up at this moment (flow control, blocked by an alarm); 1 where all that is told is
   * that it holds somebody up, or did since the last look.
   */
  readonly heldUp?: number;
  /** Of the whole broker, where it counts for itself. */
  readonly counters: Counters;
  readonly destinations: readonly DestinationReading[];
  /**
   * Destinations that fit the filter, or queues and topics that a run's destinations are; more than `destinations` has
   * where there were too many to ask for, or where some of a run's are not there.
   */
  readonly destinationCount: number;
  /** What a person should know about this reading: one line each. */
  readonly notes: readonly string[];
}

/** Which destinations to look at. */
export type Selection =
  /** Those whose name contains this text; all where it is empty. */
  | { readonly containing: string }
  /** What these destinations of a run are on the broker, and nothing else: cheap enough for once a second. */
  | { readonly exactly: readonly DestinationSpec[] };

/** A broker that can be looked at, with reading rights only. */
export interface Source {
  /** Seconds between two refreshes of the broker's own counters; 0 where they are exact at each look. */
  readonly refreshSeconds: number;
  /**
   * Looks once.
   * @throws BrokerError within {@link readTimeoutMs} or somewhat more; the source can be asked again after it
   */
  read(selection: Selection): Promise<Reading>;
  close(): Promise<void>;
}

/** Bound on one question to a broker, in milliseconds. */
export const readTimeoutMs = 5_000;

/** Most destinations in a reading: beyond it a person filters, and a broker is not asked for megabytes each time. */
export const mostDestinations = 1_000;

type WithRates<T> = Omit<T, 'groups'> & { readonly rates: Rates };
export type GroupSample = WithRates<GroupReading>;
export type DestinationSample = WithRates<DestinationReading> & { readonly groups?: readonly GroupSample[] };

/** A reading with the rates since the one before. */
export interface BrokerSample extends Omit<Reading, 'destinations'> {
  readonly rates: Rates;
  readonly destinations: readonly DestinationSample[];
}

/** What a monitor tells of a target each time: figures, or why there are none. */
export interface TargetSample {
  readonly target: string;
  /** When it was asked, ISO 8601. */
  readonly at: string;
  readonly sample?: BrokerSample;
  /** Of mqbench's own runs on this broker, where their client library counts anything. */
  readonly clients?: readonly RunClients[];
  /** One line; watching goes on. */
  readonly error?: string;
}
