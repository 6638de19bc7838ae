/** Sentences that tables and plots share. */
import type { Result, RunRecord, TargetRecord, Verdict } from '../results/schema.js';
import { plural } from '../plural.js';
import { loadText as textOf } from '../scenario/load-text.js';
import { axisValueText, pointText } from '../scenario/axes.js';
import { payloadText as payloadWords } from '../scenario/payload-text.js';
import { sizeOf, sizeText } from '../scenario/sizes.js';
import { formatDuration } from '../scenario/units.js';
import { formatCount, withoutFullStop } from './format.js';
import { isSubscribed, patternText } from './pattern-text.js';
import { type CellModel, type ReportModel, versionMark } from './model.js';

type Scenario = Result['scenario'];

/** Every load that some cell has. */
function loadsOf({ load, axes, named }: Scenario): readonly Scenario['load'][] {
  return axes?.load?.flatMap((word) => named?.load?.[word] ?? []) ?? [load];
}

/** Whether some cell was measured at full speed. */
export function hasClosedLoop(scenario: Scenario): boolean {
  return loadsOf(scenario).some(({ kind }) => kind === 'closed');
}

/** How messages were offered. */
export function loadText(scenario: Scenario): string {
  return loadsOf(scenario).map(textOf).join(', or ');
}

/** What bodies held; undefined of random bytes alone, of which nothing needs to be said. */
export function payloadText({ payload, axes, named }: Scenario): string | undefined {
  if (axes?.payload === undefined) return payload === undefined ? undefined : payloadWords(payload);
  return axes.payload
    .map((word) => {
      const one = named?.payload?.[word];
      const text = axisValueText({ payload: word }, 'payload');
      // A word for a template or a file says nothing by itself.
      return one?.kind === 'json' || one?.kind === 'file' ? `${text}: ${payloadWords(one)}` : text;
    })
    .join('; ');
}

/** Who works on how much. */
export function workText(s: Scenario): string {
  const amount =
    s.messages === undefined
      ? `${plural(s.durationSeconds ?? 0, 'second')} ${s.load.kind === 'walk' ? 'at each rate' : 'a run'}`
      : `${plural(s.messages, 'message')} a run`;
  const queues = s.axes?.destinations ?? [s.destinations ?? 1];
  const pattern = patternText(s);
  const notes = workNotes[s.work ?? 'transfer'];
  if (pattern !== undefined) return `${workersText(s)}; ${pattern}${notes}; ${amount}`;
  return `${workersText(s)} on ${queues.length === 1 && queues[0] === 1 ? 'one queue' : severalText(queues, 'queue')}${notes}; ${amount}`;
}

/** "1 producer, 4 consumers, of which 1 joins after 10s". */
export function workersText(s: Scenario): string {
  const late = s.lateConsumers;
  const joining =
    late === undefined
      ? ''
      : `, of which ${late.count} ${late.count === 1 ? 'joins' : 'join'} after ${formatDuration(late.afterSeconds)}`;
  return `${severalText(s.axes?.producers ?? [s.producers], 'producer')}, ${severalText(s.axes?.consumers ?? [s.consumers], isSubscribed(s) ? 'subscriber' : 'consumer')}${joining}`;
}

/** "4 consumers", or "1, 2 or 4 consumers" where it varies from cell to cell. */
function severalText(counts: readonly number[], what: string): string {
  const last = counts.at(-1) ?? 0;
  const before = counts.slice(0, -1).map(formatCount);
  return `${before.length === 0 ? '' : `${before.join(', ')} or `}${plural(last, what)}`;
}

/** The guarantee, or those that vary from cell to cell. */
export function guaranteeText(s: Scenario): string {
  return s.axes?.guarantee?.join(' or ') ?? s.guarantee;
}

/** What is measured where producers and consumers do not work together; continues a sentence. */
export const workNotes: Record<NonNullable<Scenario['work']>, string> = {
  transfer: '',
  produce: ', producers alone are measured',
  consume: ', consumers alone are measured, on a queue that was filled before',
  backlog: ', which is filled first and then drained',
};

/** What throughput is where it is not the whole way from first send to last receipt. */
export function throughputNote(scenario: Scenario): string | undefined {
  const { work = 'transfer' } = scenario;
  if (isSubscribed(scenario))
    return 'Deliveries to all subscribers ÷ (last receipt − first send): a message that three of them get counts three times. What goes in is the publish rate.';
  switch (work) {
    case 'transfer':
      return undefined;
    case 'produce':
      return 'Producers alone: confirmed messages ÷ (last confirm − first send). What was confirmed was counted by draining the queue afterwards, unmeasured.';
    case 'consume':
      return 'Consumers alone, on a queue that was filled before: unique messages received ÷ (last receipt − first receipt).';
    case 'backlog':
      return 'The drain of a queue that was filled before: unique messages received ÷ (last receipt − first receipt). How fast it was filled is the publish rate.';
  }
}

/** The conditions that every figure depends on, in one line. */
export function conditionsText(s: Scenario): string {
  const faults = s.faults === undefined ? '' : `; broken on purpose: ${s.faults.join(', ')}`;
  return `${workText(s)}; ${loadText(s)}; ${guaranteeText(s)}${faults}`;
}

/** Product and version of a target's server. */
export function serverText(record: TargetRecord): string {
  return `${record.product} ${record.version ?? '(version unknown)'}`;
}

/** Why latency in a closed loop is not the broker's. */
export function saturationText(scenario: Scenario): string {
  const windows = loadsOf(scenario).flatMap((load) => (load.kind === 'closed' ? [formatCount(load.inFlight)] : []));
  return windows.length > 0
    ? `Under saturation: with ${windows.join(' or ')} messages in flight per producer, latency is mostly the length of the queue. Compare latency in a fixed-rate run.`
    : '';
}

/** The same, short, for a plot. */
export const saturationNote = 'Closed loop: latency is mostly the length of the queue. Compare it in a fixed-rate run.';

/** What is said of targets that spread by partition. */
export function staticDispatchText(name: string): string {
  return `${name}: dispatch is static. The producer spreads messages evenly over partitions; a slow consumer's share is not taken over by the others.`;
}

const boundNames: Record<Verdict['bound'], string> = {
  machine: 'machine',
  producer: 'producer',
  consumer: 'consumers',
  broker: 'broker',
  rate: 'rate',
  work: 'work',
  unknown: 'unknown',
};

/** One word for what bounded a run. */
export function boundText(bound: Verdict['bound']): string {
  return boundNames[bound];
}

/** What bounded the cell's runs; with how many of them where they differ. */
export function boundsText(cell: CellModel): string {
  const [first] = cell.bounds;
  if (!first) return '';
  if (cell.bounds.length === 1) return boundText(first.bound);
  return cell.bounds.map(({ bound, runs }) => `${boundText(bound)} ${runs}×`).join(', ');
}

/** ok, failed, invalid, or incomplete for a run that was cut off. */
export function statusText(run: RunRecord): 'ok' | 'failed' | 'invalid' | 'incomplete' {
  return run.verdict.status === 'failed' ? 'failed' : run.complete ? run.verdict.status : 'incomplete';
}

/** Why a run that does not count is left out: its status, or that one which was judged ok has nothing to show. */
export function exclusionText(run: RunRecord): string {
  const status = statusText(run);
  if (status !== 'ok') return status;
  return (run.delivery?.received ?? 0) === 0 ? 'received nothing' : 'not measured';
}

/** A run's name. Not its id: GitHub takes `rabbitmq/100B#1` for an issue of a repository. */
export function runName({ cell, repetition }: RunRecord): string {
  return `${cell} run ${repetition}`;
}

/** The runs that stand in no figure, e.g. "1 failed, 1 received nothing"; empty when all count. */
export function excludedText(cell: CellModel): string {
  const number = new Map<string, number>();
  for (const run of cell.runs)
    if (!cell.counted.includes(run)) {
      const why = exclusionText(run);
      number.set(why, (number.get(why) ?? 0) + 1);
    }
  return [...number].map(([why, n]) => `${n} ${why}`).join(', ');
}

/** Why a cell has no figure. */
export function emptyCellText(cell: CellModel, result: Result): string {
  if (cell.runs.length > 0) return `no run counts: ${excludedText(cell)}`;
  const missing = result.missing.find((m) => m.target === cell.target);
  if (missing) return 'missing';
  const skipped = result.skipped?.find((s) => s.cell === cell.id);
  if (skipped) return `skipped: ${skipped.reason}`;
  const refused = result.refused.find((r) => r.cell.id === cell.id);
  return refused ? `refused: ${withoutFullStop(refused.reason)}` : 'not run';
}

/** The same in one word, for a place in a picture whose head says the rest. */
export function emptyWord(cell: CellModel, result: Result): string {
  return emptyCellText(cell, result).split(':')[0] ?? '';
}

/** "3 runs each", "2 to 3 runs each", counting only what stands in figures. */
export function runsText(cells: readonly CellModel[]): string {
  const numbers = cells.map((cell) => cell.counted.length).filter((n) => n > 0);
  if (numbers.length === 0) return 'no valid runs';
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? `${plural(most, 'run')} each` : `${least} to ${most} runs each`;
}

/** Name of the n-th result of an overlay: A, B, … */
export function resultLetter(index: number): string {
  return String.fromCodePoint(65 + (index % 26)) + (index < 26 ? '' : String(Math.floor(index / 26)));
}

/** Everything about a result that a reader must know before any figure. */
export function alertTexts(model: ReportModel): { tone: 'bad' | 'warn'; text: string }[] {
  const { result } = model;
  const failed = result.runs.filter((run) => statusText(run) === 'failed').length;
  const unusable = result.runs.filter((run) => ['invalid', 'incomplete'].includes(statusText(run))).length;
  return [
    ...(result.partial
      ? [
          {
            tone: 'bad' as const,
            text: `Partial result: ${withoutFullStop(result.partialReason ?? 'it did not come to its end')}.`,
          },
        ]
      : []),
    ...result.missing.map(({ target, reason }) => ({
      tone: 'bad' as const,
      text: `Missing target ${target}: ${withoutFullStop(reason)}.`,
    })),
    ...(failed > 0
      ? [
          {
            tone: 'bad' as const,
            text: `${plural(failed, 'run')} of ${result.runs.length} failed: a broker or client broke its promise. No speed makes up for that.`,
          },
        ]
      : []),
    ...(unusable > 0
      ? [
          {
            tone: 'warn' as const,
            text: `${plural(unusable, 'run')} of ${result.runs.length} could not be used and ${unusable === 1 ? 'stands' : 'stand'} in no figure.`,
          },
        ]
      : []),
    ...result.refused.map(({ cell, reason }) => ({
      tone: 'warn' as const,
      text: `Refused: ${[`${cell.target} at ${sizeText(sizeOf(cell))}`, pointText(cell.axes)].filter((part) => part !== '').join(', ')}: ${withoutFullStop(reason)}.`,
    })),
    ...model.targets.flatMap(({ name, record }) =>
      record?.versionWarning === undefined
        ? []
        : [{ tone: 'warn' as const, text: `${versionMark} ${name}: ${withoutFullStop(record.versionWarning)}.` }],
    ),
  ];
}
