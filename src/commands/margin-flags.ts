/** Margins and gated metrics as they are typed. */
import { defaultMargins, marginRange, type Margins, metricIds, type MetricId } from '../compare/metrics.js';
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';

const isMetric = (name: string): name is MetricId => (metricIds as readonly string[]).includes(name);

/**
 * `throughput=12%` or `p99=0.3`, several comma-separated, on top of what is given.
 * @throws UsageError for an unknown figure or a margin that is no share
 */
export function readMargins(texts: readonly string[], base: Margins = defaultMargins): Margins {
  return { ...base, ...typedMargins(texts) };
}

/**
 * The margins that were typed, and no others.
 * @throws UsageError for an unknown figure or a margin that is no share
 */
export function typedMargins(texts: readonly string[]): Partial<Margins> {
  const margins: Partial<Record<MetricId, number>> = {};
  for (const text of texts.flatMap((one) => one.split(','))) {
    const [, name, digits, percent] = /^\s*([a-z0-9]+)\s*=\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/i.exec(text) ?? [];
    if (name === undefined)
      throw new UsageError(`"${text}" is not a margin.`, {
        where: '--margin',
        hint: 'Write --margin throughput=10% or --margin p99=0.3.',
      });
    if (!isMetric(name))
      throw new UsageError(`There is no figure "${name}" to judge.`, {
        where: '--margin',
        hint: suggest(name, metricIds),
      });
    const value = Number(digits) / (percent === '%' ? 100 : 1);
    if (!(value >= marginRange.min && value <= marginRange.max))
      throw new UsageError(`A margin of ${text.split('=')[1]?.trim() ?? ''} makes no sense.`, {
        where: '--margin',
        hint: `A margin is a share between ${marginRange.min * 100} % and ${marginRange.max * 100} %; 0.1 is 10 %.`,
      });
    margins[name] = value;
  }
  return margins;
}

/**
 * The metrics that decide.
 * @throws UsageError for an unknown one
 */
export function readGated(texts: readonly string[] | undefined): MetricId[] {
  if (texts === undefined) return ['throughput'];
  const names = [...new Set(texts.flatMap((text) => text.split(',')).map((name) => name.trim()))];
  return names.map((name) => {
    if (isMetric(name)) return name;
    throw new UsageError(`There is no figure "${name}" to gate.`, { where: '--gate', hint: suggest(name, metricIds) });
  });
}
