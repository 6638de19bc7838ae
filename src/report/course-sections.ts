/** What happened over the course of runs: consumers that joined, rates and memory that drifted. */
import type { Trend } from '../results/schema.js';
import type { CellText, Section } from './document.js';
import { formatCount, formatShare, formatSignificant, nothing } from './format.js';
import { type ReportModel } from './model.js';
import { resultLetter, runName } from './wording.js';

function runsOf(models: readonly ReportModel[]) {
  return models.flatMap(({ result }, i) =>
    result.runs
      .toSorted((a, b) => a.order - b.order)
      .map((run) => ({ run, name: models.length > 1 ? `${resultLetter(i)} ${runName(run)}` : runName(run) })),
  );
}

/** Consumers that joined while messages flowed. */
export function lateSection(models: readonly ReportModel[]): Section {
  return {
    id: 'late-consumers',
    title: 'Consumers that joined late',
    block: {
      kind: 'table',
      keys: 2,
      columns: [
        { label: 'Run', align: 'left' },
        { label: 'Consumer', align: 'right' },
        { label: 'Joined at s', align: 'right' },
        { label: 'Ready after s', align: 'right' },
        { label: 'First message after s', align: 'right' },
        { label: 'Messages', align: 'right' },
        { label: 'Share', align: 'right' },
      ],
      rows: runsOf(models).flatMap(({ run, name }) =>
        (run.joined ?? []).map(({ consumer, askedSeconds, readySeconds, firstMessageSeconds }): CellText[] => {
          const messages = run.share?.perConsumer[consumer] ?? 0;
          const all = run.share?.perConsumer.reduce((sum, n) => sum + n, 0) ?? 0;
          return [
            { text: name, tone: 'strong' },
            { text: String(consumer) },
            { text: formatSignificant(askedSeconds) },
            { text: formatSignificant(readySeconds - askedSeconds) },
            {
              text: firstMessageSeconds === undefined ? nothing : formatSignificant(firstMessageSeconds - askedSeconds),
            },
            { text: formatCount(messages) },
            { text: all === 0 ? nothing : formatShare(messages / all) },
          ];
        }),
      ),
    },
    notes: [
      'Joined: when it was told to connect, in seconds since the measured part began. Ready and first message: after that.',
    ],
  };
}

/** Rates and memory over runs of a minute and more. */
export function trendSection(models: readonly ReportModel[]): Section {
  return {
    id: 'trends',
    title: 'Drift of rates and memory',
    block: {
      kind: 'table',
      keys: 2,
      columns: [
        { label: 'Run', align: 'left' },
        { label: 'What', align: 'left' },
        { label: 'From', align: 'right' },
        { label: 'To', align: 'right' },
        { label: 'Change', align: 'right' },
        { label: 'Drifts', align: 'left' },
      ],
      rows: runsOf(models).flatMap(({ run, name }) =>
        (run.trends ?? []).map((trend): CellText[] => [
          { text: name, tone: 'strong' },
          { text: trend.what },
          { text: amount(trend, trend.from) },
          { text: amount(trend, trend.to) },
          { text: `${trend.change < 0 ? '−' : '+'}${formatShare(Math.abs(trend.change))}` },
          trend.drifts ? { text: 'yes', tone: 'warn' } : { text: 'no', tone: 'dim' },
        ]),
      ),
    },
    notes: [
      'Ends of Theil and Sen’s line over the measured part, of runs that measured for a minute or more. A rate drifts when it changes by 10 %, a client’s memory when it grows by 10 % and 16 MB, the broker’s by 10 % and 64 MB, and Mann and Kendall’s test finds a trend (|z| ≥ 2.58).',
    ],
  };
}

function amount({ unit }: Trend, value: number): string {
  return unit === 'bytes' ? `${formatSignificant(value / 1e6)} MB` : `${formatSignificant(value)}/s`;
}
