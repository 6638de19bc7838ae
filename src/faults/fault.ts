/** What is broken on purpose in the middle of a run: plain data, in base units. */

export const faultKinds = [
  'kill-consumer',
  'pause-consumer',
  'kill-producer',
  'restart-broker',
  'kill-broker',
  'pause-broker',
  'cut-connection',
  'delay',
  'throttle',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** When a fault comes. */
export type FaultMoment =
  /** When this share of the measured messages has been received (producers' faults: sent), 0 to 1; or of the duration. */
  | { readonly kind: 'share'; readonly share: number }
  /** So many seconds after the measured part began. */
  | { readonly kind: 'after'; readonly seconds: number }
  /** When the queue has been filled and nothing has been received from it yet. */
  | { readonly kind: 'filled' };

export interface Fault {
  readonly do: FaultKind;
  readonly at: FaultMoment;
  /**
   * How long it lasts; of a broker that is ended, how long until it is started again, and of a durable subscriber that
   * is killed, until it comes back. Undefined: as the kind has it.
   */
  readonly forSeconds?: number | undefined;
  /** Which producer or consumer, from 0. */
  readonly worker?: number | undefined;
  /** `delay`: each way. */
  readonly latencySeconds?: number | undefined;
  /** `throttle`: each way of each connection. */
  readonly bytesPerSecond?: number | undefined;
}

interface Traits {
  /** Whose process it happens to. */
  readonly of: 'consumer' | 'producer' | 'broker' | 'network';
  /** Whether it takes a duration. */
  readonly lasts: 'must' | 'may' | 'never';
}

export const faultTraits: Readonly<Record<FaultKind, Traits>> = {
  'kill-consumer': { of: 'consumer', lasts: 'may' },
  'pause-consumer': { of: 'consumer', lasts: 'must' },
  'kill-producer': { of: 'producer', lasts: 'never' },
  'restart-broker': { of: 'broker', lasts: 'may' },
  'kill-broker': { of: 'broker', lasts: 'may' },
  'pause-broker': { of: 'broker', lasts: 'must' },
  'cut-connection': { of: 'network', lasts: 'never' },
  delay: { of: 'network', lasts: 'may' },
  throttle: { of: 'network', lasts: 'may' },
};

/** Whether the workers' connections have to go through a proxy. */
export function needsProxy(faults: readonly Fault[]): boolean {
  return faults.some((fault) => faultTraits[fault.do].of === 'network');
}

/** Whether the broker's own process is touched. */
export function touchesBroker(faults: readonly Fault[]): boolean {
  return faults.some((fault) => faultTraits[fault.do].of === 'broker');
}

/** Whether the broker loses what it keeps in memory alone. */
export function endsBroker(faults: readonly Fault[]): boolean {
  return faults.some((fault) => fault.do === 'restart-broker' || fault.do === 'kill-broker');
}

/** Whether somebody's process was killed for good. */
export function isDeath({ do: kind }: Fault): boolean {
  return kind === 'kill-consumer' || kind === 'kill-producer';
}

/** The longest time that a fault lasts, in seconds; a network that stays bad does not count. */
export function longestFault(faults: readonly Fault[]): number {
  return Math.max(0, ...faults.map(({ forSeconds }) => forSeconds ?? 0));
}
