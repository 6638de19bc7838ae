/** What a scenario file means once it is read, and the plan that follows from it. Plain data, all in base units. */
import type { Guarantee } from '../brokers/adapter.js';
import type { ScenarioPattern } from './pattern.js';
import type { Axes, AxisPoint } from './axes.js';
import type { PayloadSpec } from '../payload/spec.js';
import type { Fault } from '../faults/fault.js';
import type { ServerChoice, ServerId } from '../servers/provider.js';
import type { Size, Sized } from './sizes.js';

/** Open loops only: messages at even distances where absent, else a Poisson process of the same rate. */
export interface Arriving {
  readonly arrivals?: 'poisson' | undefined;
}

/** How messages of one run are offered. Rates are messages a second over all producers together. */
export type RunLoad =
  /** Closed loop: as fast as it goes with at most so many messages in flight (sent and not settled) per producer. */
  | { readonly kind: 'closed'; readonly inFlight: number }
  /** Open loop at one rate. */
  | (Arriving & {
      readonly kind: 'rate';
      readonly perSecond: number;
      /** No more than that, on purpose (the self-test's brake): who is late has still kept it, and no latency is asked. */
      readonly cap?: true;
    })
  /** Open loop whose rate goes evenly from one to the other and stays there. */
  | (Arriving & {
      readonly kind: 'ramp';
      readonly fromPerSecond: number;
      readonly toPerSecond: number;
      readonly overSeconds: number;
    })
  /** Open loop that sends at a rate for a while, then nothing for a while, again and again. */
  | (Arriving & {
      readonly kind: 'bursts';
      readonly perSecond: number;
      readonly onSeconds: number;
      readonly offSeconds: number;
    });

/** A walk: one run at each rate, upwards, until a target falls behind. Each rate is a cell. */
export type RateWalk = Arriving & { readonly kind: 'walk'; readonly ratesPerSecond: readonly number[] };

/** How messages are offered. */
export type Load = RunLoad | RateWalk;

/** What is done, and what of it is measured. */
export type Work =
  /** Producers and consumers work at the same time. */
  | 'transfer'
  /** Producers alone are measured; the queue is drained afterwards, only to count what is in it. */
  | 'produce'
  /** The queue is filled first, unmeasured; then consumers alone are measured. */
  | 'consume'
  /** The queue is filled, then drained; both are measured. */
  | 'backlog';

/** One thing under test, resolved from a built-in or a variant. */
export interface Target {
  /** Name in tables and plots. */
  readonly name: string;
  /** The name in the scenario, where options hold lists and this is one of the targets that they make. */
  readonly listedAs?: string;
  /** A shipped adapter's id, or the file URL of somebody else's module. */
  readonly adapter: string;
  /** Which of mqbench's own servers to bring up; undefined when only an endpoint can be used. */
  readonly server: ServerId | undefined;
  /** Address named by the scenario, without credentials; flags and MQBENCH_<TARGET>_URL come on top. */
  readonly url: string | undefined;
  /** The adapter's options, complete with defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What some cells have in common; what is left out may be anything. */
export interface CellPattern {
  readonly target?: string;
  readonly size?: Size;
  readonly ratePerSecond?: number;
  readonly axes: AxisPoint;
}

/** What the words of axes stand for. */
export interface NamedValues {
  readonly payload: Readonly<Record<string, PayloadSpec>>;
  readonly load: Readonly<Record<string, RunLoad>>;
}

/** The axes beyond targets, sizes and rates, and how the cells differ from the product of all lists. */
export interface Matrix {
  /** The listed values of each key that varies; the scenario's own value of such a key is the first of them. */
  readonly axes: Axes;
  /** Every payload and load that a cell may have, where those vary. */
  readonly named: Partial<NamedValues>;
  /** Added to the product: with every value of what a pattern leaves open. */
  readonly include: readonly CellPattern[];
  /** Taken out of the product, not out of what is included. */
  readonly exclude: readonly CellPattern[];
}

/** A scenario after parsing, flags and defaults. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly pattern: ScenarioPattern;
  readonly work: Work;
  readonly targets: readonly Target[];
  readonly producers: number;
  readonly consumers: number;
  /** Queues or topics over which producers and consumers are spread evenly. */
  readonly destinations: number;
  /** So many of the consumers join only so many seconds after the measured part began. */
  readonly lateConsumers: { readonly count: number; readonly afterSeconds: number } | undefined;
  /** What is broken on purpose; empty for nothing. */
  readonly faults: readonly Fault[];
  /** Exactly one of messages (measured messages over all producers) and durationSeconds is set. */
  readonly messages: number | undefined;
  readonly durationSeconds: number | undefined;
  /** Body sizes in bytes, envelope included; a matrix axis. */
  readonly sizes: readonly Size[];
  /** What bodies hold behind their envelope. */
  readonly payload: PayloadSpec;
  readonly guarantee: Guarantee;
  readonly load: Load;
  readonly prefetch: number;
  readonly repetitions: number;
  /** Seconds of warm-up before each measurement; 0 for none. */
  readonly warmupSeconds: number;
  /** How long to wait for confirmed messages to arrive after the last send, in seconds. */
  readonly drainSeconds: number;
  /** Pause between runs in seconds, so that the machine settles. */
  readonly pauseSeconds: number;
  readonly seed: number;
  /** Absent where targets, sizes and rates are all that varies. */
  readonly matrix?: Matrix;
}

/** One target × one value of each axis. */
export interface Cell extends Sized {
  /** Stable and readable, e.g. `rabbitmq/100B`, with further axes `rabbitmq/100B/prefetch=1`, in a walk `…@2000`. */
  readonly id: string;
  readonly target: string;
  /** The offered rate, where the load is a walk. */
  readonly ratePerSecond?: number;
  /** Its values of the axes that vary; of all else it has the scenario's. */
  readonly axes?: AxisPoint;
}

/** One execution of a cell as planned. */
export interface PlannedRun {
  /** 1-based place in the order of execution. */
  readonly order: number;
  readonly cell: Cell;
  /** 1-based. */
  readonly repetition: number;
  /** A discarded run that warms a JVM up after its server started; not in any figure. */
  readonly discard: boolean;
}

/** A cell that a target's adapter cannot do. */
export interface RefusedCell {
  readonly cell: Cell;
  readonly reason: string;
}

/** The pure result of scenario + flags. */
export interface Plan {
  readonly scenario: Scenario;
  readonly cells: readonly Cell[];
  readonly refused: readonly RefusedCell[];
  readonly runs: readonly PlannedRun[];
  readonly serverChoice: ServerChoice;
  /** SHA-256 over the effective scenario, to tell whether two results answered the same question. */
  readonly digest: string;
}
