/** Requests and their replies, counted. */
import { keyCells, keyColumns } from './columns.js';
import type { CellText, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatCount } from './format.js';

/** Empty without requests. */
export function callsSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const counted = (n: number, tone: CellText['tone']): CellText =>
    n === 0 || tone === undefined ? { text: formatCount(n) } : { text: formatCount(n), tone };
  return {
    id: 'calls',
    title: 'Calls, over all runs',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Answered', align: 'right' },
        { label: 'Unanswered', align: 'right' },
        { label: 'Second replies', align: 'right' },
        { label: 'Corrupt replies', align: 'right' },
        { label: 'Misdirected', align: 'right' },
      ],
      rows: entries.flatMap((entry): CellText[][] => {
        const { calls } = entry.cell;
        if (calls === undefined) return [];
        return [
          [
            ...keyCells(entry),
            { text: formatCount(calls.answered), tone: 'strong' },
            counted(calls.unanswered, 'bad'),
            counted(calls.duplicates, 'warn'),
            counted(calls.corrupt, 'bad'),
            counted(calls.misdirected, 'bad'),
          ],
        ];
      }),
    },
    notes: [
      'Every request must get one reply, its own, with every byte as it was sent. Unanswered: confirmed requests whose reply never came; a reply is not confirmed to the server that sends it. Misdirected: replies to another request than the one that their correlation names. Delivery above is that of the requests.',
    ],
  };
}
