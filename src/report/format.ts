/** Numbers and sizes as a person reads them; the same on every machine, whatever its locale. */

/** Stands where there is no figure. */
export const nothing = '–';

/** Whole number with thousands separators: 12,345. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A number per something: whole from 100 up, three significant digits below. */
export function formatRate(value: number): string {
  return value >= 100 ? formatCount(value) : formatSignificant(value);
}

/** Milliseconds with three significant digits and no exponent: 0.412, 4.12, 1,234. */
export function formatMs(value: number): string {
  return formatSignificant(value);
}

/** Three significant digits, thousands separators, no exponent. */
export function formatSignificant(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return formatCount(value);
  const decimals = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(decimals);
}

/** 0.253 as 25.3 %. */
export function formatShare(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** Bytes with the unit that divides them evenly: 100 B, 1 KB (SI), 64 KiB. */
export function formatSize(bytes: number): string {
  if (bytes >= 1_000_000 && bytes % 1_000_000 === 0) return `${bytes / 1_000_000} MB`;
  if (bytes >= 1_048_576 && bytes % 1_048_576 === 0) return `${bytes / 1_048_576} MiB`;
  if (bytes >= 1_000 && bytes % 1_000 === 0) return `${bytes / 1_000} KB`;
  if (bytes >= 1_024 && bytes % 1_024 === 0) return `${bytes / 1_024} KiB`;
  return `${formatCount(bytes)} B`;
}

/** "1 run", "3 runs". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A sentence without its full stop, for use within another. */
export function withoutFullStop(text: string): string {
  return text.replace(/\.\s*$/, '');
}
