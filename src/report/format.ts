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

/** A sentence without its full stop, for use within another. */
export function withoutFullStop(text: string): string {
  return text.replace(/\.\s*$/, '');
}
