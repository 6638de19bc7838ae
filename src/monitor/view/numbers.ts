/** Figures in few characters, for tables of 80 columns. */

/** Stands where a broker tells no figure. */
export const nothing = '–';

const steps = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'K'],
] as const;

/** At most five characters: 0, 7.5, 999, 1.23K, 45.6M. */
export function short(value: number | undefined): string {
  if (value === undefined) return nothing;
  if (value < 999.5) return value >= 99.5 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
  // 999,950 would be rounded to 1000K.
  const [size, unit] = steps.find(([size]) => value >= size * 0.99995) ?? [1e3, 'K'];
  const scaled = value / size;
  return `${scaled >= 99.95 ? Math.round(scaled) : scaled.toFixed(scaled >= 9.995 ? 1 : 2)}${unit}`;
}

/** Bytes in SI units: 512B, 1.23KB. */
export function bytes(value: number | undefined): string {
  return value === undefined ? nothing : `${short(value)}B`;
}

export function percent(share: number | undefined): string {
  if (share === undefined) return nothing;
  return `${share > 0 && share < 0.01 ? '<1' : Math.round(share * 100)}%`;
}
