/** Ticks and domains that we choose ourselves, so that labels are few, round and the same everywhere. */
import { formatCount } from '../format.js';

/** Round values 1, 2 and 5 times a power of ten within [low, high]; only powers of ten over more than three decades. */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const steps = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent++)
    for (const step of steps) {
      const tick = Number((step * 10 ** exponent).toPrecision(1));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

/** The range widened to the next 1, 2 or 5, so that a logarithmic axis begins and ends on a tick. */
export function logDomain(low: number, high: number): [number, number] {
  const steps = [1, 2, 5, 10];
  const power = (value: number) => 10 ** Math.floor(Math.log10(value));
  const down = steps.toReversed().find((step) => step * power(low) <= low * 1.000001) ?? 1;
  const up = steps.find((step) => step * power(high) >= high * 0.999999) ?? 10;
  const from = Number((down * power(low)).toPrecision(1));
  const to = Number((up * power(high)).toPrecision(1));
  return from < to ? [from, to] : [from / 2, to * 2];
}

/** About five round ticks from zero to at least `high`. */
export function linearTicks(high: number): number[] {
  if (high <= 0) return [0, 1];
  const raw = high / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((s) => s * power >= raw) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = 0; i * step < high + step; i++) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

/** A tick's label without an exponent. */
export function tickLabel(value: number): string {
  return value >= 1_000 ? formatCount(value) : String(value);
}

/** The same as {@link tickLabel} in Vega's expression language. */
export const tickLabelExpr = "datum.value >= 1000 ? format(datum.value, ',.0f') : format(datum.value, '~r')";
