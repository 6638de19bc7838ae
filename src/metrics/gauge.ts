/** Readings of something over time, in bounded memory however long a run lasts. */

/** `values[i]` was read at `at[i]`, nanoseconds on the session's clock. */
export interface GaugeRecord {
  readonly at: readonly number[];
  readonly values: readonly number[];
}

const capacity = 2_048;

export class Gauge {
  private at: number[] = [];
  private values: number[] = [];
  /** Keeps every so-manieth reading. */
  private stride = 1;
  private count = 0;

  add(at: number, value: number): void {
    if (this.count++ % this.stride !== 0) return;
    this.at.push(at);
    this.values.push(value);
    if (this.at.length < capacity) return;
    const even = (_: number, i: number): boolean => i % 2 === 0;
    this.at = this.at.filter(even);
    this.values = this.values.filter(even);
    this.stride *= 2;
  }

  record(): GaugeRecord {
    return { at: [...this.at], values: [...this.values] };
  }
}
