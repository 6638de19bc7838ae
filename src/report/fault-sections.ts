/** What was broken on purpose, and what that did: every fault of every run, and what survived in a filled queue. */
import type { FaultRecord, RunRecord, TargetRecord } from '../results/schema.js';
import { keyCells, keyColumns } from './columns.js';
import type { CellText, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatCount, formatShare, formatSignificant, nothing } from './format.js';
import { type CellModel, promiseOf, type ReportModel, scenarioOf } from './model.js';
import { resultLetter, runName } from './wording.js';

interface Row {
  readonly name: string;
  readonly run: RunRecord;
  readonly fault: FaultRecord;
  readonly target: TargetRecord | undefined;
}

function rowsOf(models: readonly ReportModel[]): Row[] {
  return models.flatMap(({ result, targets }, i) =>
    result.runs
      .toSorted((a, b) => a.order - b.order)
      .flatMap((run) => {
        const cell = result.cells.find(({ id }) => id === run.cell);
        const target = targets.find(({ name }) => name === cell?.target)?.record;
        const name = models.length > 1 ? `${resultLetter(i)} ${runName(run)}` : runName(run);
        return (run.faults ?? []).map((fault) => ({ name, run, fault, target }));
      }),
  );
}

function seconds(value: number | undefined): CellText {
  return value === undefined ? { text: nothing, tone: 'dim' } : { text: value === 0 ? '0' : formatSignificant(value) };
}

/** What the broker waits for before others get the messages of a dead or silent consumer. */
function ruledBy({ fault, target }: Row): CellText {
  const rules = target?.takeover;
  const text = fault.do === 'kill-consumer' ? rules?.killed : fault.do === 'pause-consumer' ? rules?.silent : undefined;
  return text === undefined ? { text: nothing, tone: 'dim' } : { text };
}

/** When each fault came, how long it was felt, and by how much. */
export function faultSection(models: readonly ReportModel[]): Section {
  const rows = rowsOf(models);
  const takenOver = rows.some(({ fault }) => fault.takenOverSeconds !== undefined);
  const ruled = rows.some((row) => ruledBy(row).tone === undefined);
  return {
    id: 'faults',
    title: 'Faults',
    block: {
      kind: 'table',
      keys: 2,
      columns: [
        { label: 'Run', align: 'left' },
        { label: 'Fault', align: 'left' },
        { label: 'At s', align: 'right' },
        { label: 'Over after s', align: 'right' },
        { label: 'Earlier messages', align: 'right' },
        { label: 'arrived after s', align: 'right' },
        ...(takenOver ? [{ label: 'Taken over after s', align: 'right' } as const] : []),
        { label: 'Longest gap s', align: 'right' },
        { label: 'Old rate after s', align: 'right' },
        { label: 'Reconnects', align: 'right' },
        ...(ruled ? [{ label: 'Ruled by', align: 'left', wide: true } as const] : []),
      ],
      rows: rows.map((row): CellText[] => {
        const { name, fault } = row;
        const { startedSeconds: started, endedSeconds: ended, earlierMessages } = fault;
        return [
          { text: name, tone: 'strong' },
          { text: started === undefined ? `${fault.what} (never came)` : fault.what },
          seconds(started),
          seconds(started === undefined || ended === undefined ? undefined : ended - started),
          earlierMessages === undefined ? { text: nothing, tone: 'dim' } : { text: formatCount(earlierMessages) },
          seconds(fault.earlierArrivedSeconds),
          ...(takenOver ? [seconds(fault.takenOverSeconds)] : []),
          seconds(fault.longestGapSeconds),
          seconds(fault.oldRateAfterSeconds),
          { text: formatCount(fault.reconnects) },
          ...(ruled ? [ruledBy(row)] : []),
        ];
      }),
    },
    notes: [
      'At: since the measured part began. Over: when the broker answered again, the worker went on or was back, or the network was as before. Earlier messages: confirmed before the fault and received after it, and how long until the last of them was. Longest gap: without a message that came for the first time, at any one subscriber where each has a subscription of its own. Old rate: nine tenths of the rate of the five seconds before, for two seconds; 0: it did not fall within two seconds.',
      ...(takenOver
        ? [
            'Taken over: until others had received from each partition that was the dead or silent consumer’s; where there are no partitions, the last message that the broker delivered again.',
          ]
        : []),
      'A message that was in flight when its connection was lost counts as unconfirmed, and is not sent again. A connection that is lost is opened anew by mqbench’s worker, as the client’s documentation has it: counted as a reconnect.',
      'What was lost, doubled or redelivered stands under Delivery.',
    ],
  };
}

/** Whether a cell's queue was filled, and then something happened to the broker. */
export function wasFilled({ runs }: CellModel): boolean {
  return runs.some(({ faults = [] }) => faults.some(({ filled }) => filled === true));
}

/** Of what was confirmed in runs that came to their end; undefined where nothing was, so that nothing can be told. */
export function survivedShare({ delivery }: CellModel): number | undefined {
  if (delivery === undefined || delivery.settled === 0) return undefined;
  return (delivery.settled - delivery.lost) / delivery.settled;
}

/** What a filled queue still had after what happened to its broker. */
export function survivalSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  // Where it varies it has a column already.
  const named = entries[0]?.axes.includes('guarantee') === true;
  return {
    id: 'survival',
    title: 'What survived',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        ...(named ? [] : [{ label: 'Guarantee', align: 'left' } as const]),
        { label: 'Stored', align: 'right' },
        { label: 'Survived', align: 'right' },
        { label: 'Share', align: 'right' },
        { label: 'Stored means', align: 'left', wide: true },
      ],
      rows: entries.flatMap((entry): CellText[][] => {
        const { cell, model } = entry;
        const share = survivedShare(cell);
        if (!wasFilled(cell) || share === undefined || cell.delivery === undefined) return [];
        const { settled, lost } = cell.delivery;
        const { guarantee } = scenarioOf(model.result, cell);
        const record = model.targets.find(({ name }) => name === cell.target)?.record;
        const own = record?.byGuarantee?.find((one) => one.guarantee === guarantee) ?? record;
        return [
          [
            ...keyCells(entry),
            ...(named ? [] : [{ text: guarantee }]),
            { text: formatCount(settled) },
            {
              text: formatCount(settled - lost),
              ...(lost > 0 && promiseOf(model.result, cell) !== 'at-most-once' ? { tone: 'bad' as const } : {}),
            },
            { text: formatShare(share) },
            { text: own?.confirmMeans ?? nothing },
          ],
        ];
      }),
    },
    notes: [
      'The queue was filled, then the faults happened to the broker, then it was drained. Stored: confirmed, or under at-most-once handed to the operating system. Added up over all runs that came to their end.',
    ],
  };
}
