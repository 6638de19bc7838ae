/** Rates from counters, whatever happens to the counters. */
import type {
  BrokerSample,
  CounterName,
  Counters,
  DestinationReading,
  DestinationSample,
  GroupReading,
  Rates,
  Reading,
} from './sample.js';

const names: readonly CounterName[] = ['in', 'delivered', 'acknowledged'];

interface Last {
  value: number;
  /** When this value was first seen, in milliseconds of a monotonic clock. */
  changedAt: number;
  seenAt: number;
  rate: number | undefined;
}

/**
 * Remembers the counters of one broker from look to look. A broker that refreshes its counters only every few seconds
 * would show 0 and then a leap to whoever looks more often: a rate is then taken from change to change, and held until
 * the next change is overdue.
 */
export class RateKeeper {
  #last = new Map<string, Last>();

  /** @param refreshSeconds between two refreshes of the broker's counters, 0 where each look is exact */
  constructor(private readonly refreshSeconds: number) {}

  /**
   * @param atMs when the reading was taken, on a monotonic clock
   * @returns the reading with its rates; a rate is absent the first time something is seen
   */
  add(reading: Reading, atMs: number): BrokerSample {
    const before = this.#last;
    // Only what is there now is remembered: a queue that vanished and comes again begins anew.
    this.#last = new Map();
    const anew: string[] = [];
    const ratesOf = (key: string, counters: Counters, label: string): Rates => {
      const rates: { -readonly [Name in CounterName]?: number } = {};
      let fell = false;
      for (const name of names) {
        const value = counters[name];
        if (value === undefined) continue;
        const id = `${key}\n${name}`;
        const last = before.get(id);
        const next = this.#step(last, value, atMs);
        this.#last.set(id, next);
        if (next.rate !== undefined) rates[name] = next.rate;
        fell ||= last !== undefined && value < last.value;
      }
      if (fell) anew.push(label);
      return rates;
    };
    const destination = (reading: DestinationReading): DestinationSample => {
      const { groups, ...own } = reading;
      const key = `${reading.kind} ${reading.vhost ?? ''} ${reading.name}`;
      const group = (of: GroupReading) => ({
        ...of,
        rates: ratesOf(`${key}\n${of.name}`, of.counters, `group ${of.name} of ${reading.name}`),
      });
      return {
        ...own,
        rates: ratesOf(key, reading.counters, reading.name),
        ...(groups === undefined ? {} : { groups: groups.map(group) }),
      };
    };
    const rates = ratesOf('', reading.counters, 'the broker');
    const destinations = reading.destinations.map(destination);
    return { ...reading, rates, destinations, notes: [...reading.notes, ...restartNotes(anew)] };
  }

  #step(last: Last | undefined, value: number, atMs: number): Last {
    if (last === undefined) return { value, changedAt: atMs, seenAt: atMs, rate: undefined };
    const sinceMs = atMs - last.changedAt;
    const refreshMs = this.refreshSeconds * 1000;
    // Half a refresh of patience: nobody's clock is exact.
    const overdue = sinceMs >= refreshMs * 1.5;
    if (value === last.value) return { ...last, seenAt: atMs, rate: overdue ? 0 : last.rate };
    const overMs = overdue
      ? // After a standstill the change came within the last refresh, or since the last look where that is longer ago.
        Math.min(sinceMs, Math.max(refreshMs, atMs - last.seenAt))
      : last.rate === undefined
        ? // The first value seen is as old as the refresh before it, which nobody saw: up to a whole refresh older.
          Math.max(sinceMs, refreshMs)
        : sinceMs;
    // A counter that went backwards began anew at 0, so what it has now came since; at least, as nobody saw when.
    const grown = value > last.value ? value - last.value : value;
    return { value, changedAt: atMs, seenAt: atMs, rate: overMs > 0 ? (grown * 1000) / overMs : undefined };
  }
}

function restartNotes(anew: readonly string[]): string[] {
  if (anew.length === 0) return [];
  const some = anew.slice(0, 3).join(', ');
  const more = anew.length > 3 ? ` and ${anew.length - 3} more` : '';
  return [`counters went backwards and count from 0 again (restarted or made anew): ${some}${more}`];
}
