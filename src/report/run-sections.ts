/** Every run with its verdict and why. */
import type { Detail } from './entries.js';
import type { CellText, Section, Tone } from './document.js';
import { formatMs, formatRate, nothing } from './format.js';
import { plural } from '../plural.js';
import { measuredInstead, type ReportModel } from './model.js';
import type { RunRecord } from '../results/schema.js';
import { boundText, resultLetter, runName, statusText } from './wording.js';

const tones: Record<ReturnType<typeof statusText>, Tone> = {
  ok: 'good',
  failed: 'bad',
  invalid: 'warn',
  incomplete: 'warn',
};

/** One row a run, in the order in which they ran; with all the evidence when `full`. */
export function runsSection(models: readonly ReportModel[], detail: Detail): Section {
  const full = detail === 'full';
  return {
    id: 'runs',
    title: 'Every run',
    block: {
      kind: 'table',
      keys: 1,
      columns: [
        { label: 'Run', align: 'left' },
        { label: 'Verdict', align: 'left' },
        { label: 'Messages/s', align: 'right' },
        { label: 'p99 ms', align: 'right' },
        { label: 'Limited by', align: 'left', ...(full ? {} : { wide: true as const }) },
        ...(full ? [{ label: 'Evidence', align: 'left', wide: true } as const] : []),
      ],
      rows: allRuns(models).map(({ run, name }) => {
        const status = statusText(run);
        return [
          { text: name, tone: 'strong' },
          { text: status, tone: tones[status] },
          { text: run.figures ? formatRate(run.figures.throughput) : nothing },
          { text: run.latency ? formatMs(run.latency.endToEnd.p99Ms) : nothing },
          limitedBy(run),
          ...(full ? [{ text: reasons(run).join('\n') }] : []),
        ];
      }),
    },
    notes: ['p99: end-to-end latency. Only runs judged ok stand in the figures above.'],
  };
}

function limitedBy({ verdict }: RunRecord): CellText {
  if (verdict.bound === 'unknown') return { text: nothing, tone: 'dim' };
  const text = boundText(verdict.bound);
  return measuredInstead(verdict.bound) === undefined ? { text } : { text, tone: 'warn' };
}

/** For a terminal: all about runs that are not ok or warn of something; of the rest one example a target and bound. */
export function evidenceSection(models: readonly ReportModel[]): Section[] {
  const runs = allRuns(models).map(({ run, name, target }) => ({
    run,
    name,
    key: `${target} ${run.verdict.bound}`,
    plain: statusText(run) === 'ok' && run.verdict.warnings.length === 0,
  }));
  const examples = new Map(
    runs
      .filter((r) => r.plain)
      .toReversed()
      .map((r) => [r.key, r]),
  );
  const terms = runs.flatMap((r) => {
    if (r.plain && examples.get(r.key) !== r) return [];
    const alike = r.plain ? runs.filter((other) => other.plain && other.key === r.key).length - 1 : 0;
    return [
      {
        term: alike > 0 ? `${r.name}, and ${plural(alike, 'run')} alike` : r.name,
        facts: reasons(r.run).map((text) => ({ label: '', text, ...(r.plain ? {} : { tone: 'warn' as const }) })),
      },
    ];
  });
  return [
    {
      id: 'evidence',
      title: 'Why',
      block: { kind: 'terms', terms },
      notes: ['The evidence of every run is in summary.md and report.html.'],
    },
  ];
}

function reasons({ verdict }: RunRecord): string[] {
  return [...verdict.evidence, ...verdict.warnings.map((warning) => `warning: ${warning}`)];
}

function allRuns(models: readonly ReportModel[]): { run: RunRecord; name: string; target: string }[] {
  return models.flatMap(({ result }, i) => {
    const prefix = models.length > 1 ? `${resultLetter(i)} ` : '';
    return result.runs
      .toSorted((a, b) => a.order - b.order)
      .map((run) => ({
        run,
        name: prefix + runName(run),
        target: prefix + (result.cells.find((cell) => cell.id === run.cell)?.target ?? run.cell),
      }));
  });
}
