/** Confirms: what each way of waiting for them guarantees and costs. */
import { modeGuarantee, waitText } from '../confirms/modes.js';
import { scenarioOf } from './model.js';
import { patternOf } from '../scenario/pattern.js';
import { keyCells, keyColumns, medianCell } from './columns.js';
import type { CellText, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatMs, formatRate, nothing } from './format.js';
import { emptyCellText } from './wording.js';

export function confirmsSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  return {
    id: 'confirms',
    title: 'What waiting for confirms costs',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Guarantee', align: 'left' },
        { label: 'Sent/s', align: 'right' },
        { label: 'Confirm p50 ms', align: 'right' },
        { label: 'Confirm p99 ms', align: 'right' },
        { label: 'The producer waits', align: 'left', wide: true },
      ],
      rows: entries.flatMap((entry): CellText[][] => {
        const { cell, model } = entry;
        const { scenario } = model.result;
        const pattern = patternOf(scenario.pattern);
        const mode = cell.axes.confirms;
        if (pattern.kind !== 'confirms' || mode === undefined) return [];
        const confirmed = mode !== 'none' ? cell.latency?.publish : undefined;
        const { load } = scenarioOf(model.result, cell);
        const inFlight = load.kind === 'closed' ? load.inFlight : 0;
        return [
          [
            ...keyCells(entry),
            { text: modeGuarantee(mode, cell.axes.guarantee ?? scenario.guarantee) },
            cell.publishRate
              ? medianCell(cell.publishRate, formatRate, 'strong')
              : { text: emptyCellText(cell, model.result), tone: 'bad' },
            confirmed ? { text: formatMs(confirmed.p50Ms.median) } : { text: nothing, tone: 'dim' },
            confirmed ? { text: formatMs(confirmed.p99Ms.median) } : { text: nothing, tone: 'dim' },
            { text: waitText(mode, cell.axes.batch ?? pattern.batch, inFlight) },
          ],
        ];
      }),
    },
    notes: [
      'Sent: messages confirmed ÷ (last confirm − first send); without confirms those that the operating system took. Confirm: from the send to its confirm. Consumers acknowledge in every mode, so that only the confirms differ. Medians over the runs.',
    ],
  };
}
