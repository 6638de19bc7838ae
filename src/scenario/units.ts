/**
 * Quantities as people write them, turned into base units exactly (in whole-number arithmetic, so that 1.1 KB is
 * 1,100 bytes and not 1,100.0000000000002). Strict: what could be read in two ways is refused with a way to say it.
 */
import { nearest } from '../nearest.js';
import { show } from './show.js';

/** What came of reading a quantity: the value in base units, or what is wrong and how to write it. */
export type Reading =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Bytes in each unit: SI prefixes count in thousands, IEC prefixes in 1,024s (IEC 80000-13). */
const sizeUnits = new Map([
  ['B', 1n],
  ['kB', 1_000n],
  ['KB', 1_000n],
  ['MB', 1_000_000n],
  ['GB', 1_000_000_000n],
  ['KiB', 1_024n],
  ['MiB', 1_048_576n],
  ['GiB', 1_073_741_824n],
]);

/** Milliseconds in each unit. */
const durationUnits = new Map([
  ['ms', 1n],
  ['s', 1_000n],
  ['m', 60_000n],
  ['min', 60_000n],
  ['h', 3_600_000n],
  ['d', 86_400_000n],
]);

const countUnits = new Map([
  ['', 1n],
  ['k', 1_000n],
  ['M', 1_000_000n],
]);

/** An exact decimal: `digits` × 10^-`scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** A number with optional `_` between digits, fraction and exponent; then whatever unit follows. */
const quantityPattern = /^([+-]?)(\d+(?:_\d+)*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?\s*(.*)$/s;

function split(text: string): { number: Decimal; unit: string } | undefined {
  // Longer than any quantity anyone needs; bounds the arithmetic.
  if (text.length > 40) return undefined;
  const match = quantityPattern.exec(text.trim());
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0', unit = ''] = match;
  const power = Number(exponent);
  const digits = BigInt(whole.replaceAll('_', '') + fraction) * 10n ** BigInt(Math.max(0, power));
  return {
    number: { digits: sign === '-' ? -digits : digits, scale: fraction.length + Math.max(0, -power) },
    unit,
  };
}

/** `number` × `factor`, when that is a whole number that JavaScript holds exactly. */
function scaled({ digits, scale }: Decimal, factor: bigint): number | undefined {
  const divisor = 10n ** BigInt(scale);
  const product = digits * factor;
  if (product % divisor !== 0n) return undefined;
  const value = product / divisor;
  // Beyond every limit anyway; clamped so that the limit is what gets reported.
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
  return Number(value);
}

interface Kind {
  /** e.g. `a size`. */
  readonly noun: string;
  readonly units: ReadonlyMap<string, bigint>;
  /** How to write one. */
  readonly examples: string;
  /** What base units are called, where they have a name. */
  readonly base: string;
  /** The unit to suggest where there is none. */
  readonly usual: string;
}

function read(value: unknown, kind: Kind): Reading {
  const wrong = (message: string, hint = `for example ${kind.examples}`): Reading => ({ ok: false, message, hint });
  if (typeof value === 'number' && !Number.isFinite(value)) return wrong(`${value} is not ${kind.noun}`);
  if (typeof value !== 'string' && typeof value !== 'number') return wrong(`expected ${kind.noun}, got ${show(value)}`);
  if (typeof value === 'string' && /^[+-]?\d{1,3}(,\d{3})+/.test(value))
    return wrong(`${show(value)} has commas`, `write ${show(value.replaceAll(',', '_'))}`);
  const parts = split(String(value));
  if (!parts) return wrong(`${show(value)} is not ${kind.noun}`);
  const { number, unit } = parts;
  const factor = kind.units.get(unit);
  if (factor === undefined) {
    const units = [...kind.units.keys()].filter((name) => name !== '');
    if (unit === '')
      return wrong(`${show(value)} has no unit`, `write for example ${number.digits < 0n ? 1 : value}${kind.usual}`);
    const near = nearest(unit, units);
    return wrong(
      `${show(value)} is not ${kind.noun}: there is no unit ${show(unit)}`,
      near === undefined ? `units: ${units.join(', ')}` : `did you mean "${near}"? Units: ${units.join(', ')}`,
    );
  }
  const result = scaled(number, factor);
  if (result === undefined)
    return wrong(`${show(value)} is not a whole number${kind.base === '' ? '' : ` of ${kind.base}`}`);
  return { ok: true, value: result };
}

/** A size in bytes: `100`, `"100B"`, `"0.1KB"` (100), `"1KiB"` (1,024), `"1MB"`. */
export function readSize(value: unknown): Reading {
  // A bare number is bytes.
  const units = new Map([...sizeUnits, ['', 1n]]);
  return read(value, {
    noun: 'a size',
    units,
    examples: '100B, 0.1KB (100 bytes) or 1KiB (1,024 bytes)',
    base: 'bytes',
    usual: 'B',
  });
}

/** A duration in seconds: `"30s"`, `"5m"`, `"500ms"`; 0 needs no unit. */
export function readDuration(value: unknown): Reading {
  if (value === 0 || value === '0') return { ok: true, value: 0 };
  const reading = read(value, {
    noun: 'a duration',
    units: durationUnits,
    examples: '500ms, 30s or 5m',
    base: 'milliseconds',
    usual: 's',
  });
  return reading.ok ? { ok: true, value: reading.value / 1000 } : reading;
}

/** Bytes per second: `"1MB/s"`, `"500KB/s"`. */
export function readBandwidth(value: unknown): Reading {
  const units = new Map([...sizeUnits].map(([name, factor]) => [`${name}/s`, factor]));
  return read(value, {
    noun: 'a bandwidth',
    units,
    examples: '1MB/s or 500KB/s',
    base: 'bytes per second',
    usual: 'B/s',
  });
}

/** A share of 1, to a millionth: `"40%"` is 0.4. */
export function readShare(value: unknown): Reading {
  const units = new Map([['%', 10_000n]]);
  const reading = read(value, {
    noun: 'a share',
    units,
    examples: '40%',
    base: 'ten-thousandths of a percent',
    usual: '%',
  });
  return reading.ok ? { ok: true, value: reading.value / 1_000_000 } : reading;
}

/** A whole number: `100000`, `"100_000"`, `"100k"`, `1e5`. */
export function readCount(value: unknown): Reading {
  return read(value, { noun: 'a whole number', units: countUnits, examples: '100_000 or 100k', base: '', usual: '' });
}

/** Events per second: `"5000/s"`, `"5k/s"`. */
export function readRate(value: unknown): Reading {
  const units = new Map([...countUnits].map(([name, factor]) => [`${name}/s`, factor]));
  return read(value, { noun: 'a rate', units, examples: '5000/s or 5k/s', base: 'messages per second', usual: '/s' });
}

/**
 * A size as people write it, exact and short: `100B`, `1.5KB`, `2.5MB`, `1KiB`; readable by {@link readSize} again.
 * @param space what stands between number and unit: nothing in ids and file names, a space in running text
 */
export function formatSize(bytes: number, space: '' | ' ' = ''): string {
  for (const [unit, factor] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const)
    if (bytes >= factor && bytes % (factor / 10) === 0) return `${bytes / factor}${space}${unit}`;
  for (const [unit, factor] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const)
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${space}${unit}`;
  return `${bytes}${space}B`;
}

/** A duration in the unit that suits it: `500ms`, `30s`, `5m`, `1.5h`; readable by {@link readDuration} again. */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return '0s';
  const milliseconds = Math.round(seconds * 1000);
  for (const [unit, factor] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const)
    if (milliseconds >= factor && milliseconds % (factor / 10) === 0) return `${milliseconds / factor}${unit}`;
  return `${milliseconds}ms`;
}

/** A count with thousands apart: `100,000`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
