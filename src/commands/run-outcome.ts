/** One line on how a run went. */
import type { RunRecord } from '../results/schema.js';

const count = (n: number): string => Math.round(n).toLocaleString('en');

/** e.g. `12,345 messages/s, broker-bound`. */
export function outcomeText(record: RunRecord): string {
  const { verdict, figures, rate: offered } = record;
  // A few messages that are shown and not measured.
  if (verdict.status === 'ok' && figures === undefined) return verdict.evidence.join('; ');
  const rate = figures === undefined ? 'no figure' : `${count(figures.throughput)} messages/s`;
  if (verdict.status === 'ok' && offered?.kept === false) return `${rate}, fell behind: ${offered.why}`;
  const word = verdict.status === 'ok' ? `${verdict.bound}-bound` : verdict.status.toUpperCase();
  const why = verdict.status === 'ok' ? '' : `: ${verdict.evidence[0] ?? ''}`;
  return `${rate}, ${word}${why}`;
}
