/** Faults on an axis of time: the same marks wherever a run's course is drawn. */
import type { FaultRecord, RunRecord } from '../../results/schema.js';
import { textWidth } from '../font.js';
import { formatSignificant } from '../format.js';
import { aboveBy, type CourseAxes, type NameSpan, pixelsAlong } from './courses.js';
import { ink, softInk } from './theme.js';

interface OfRun {
  readonly run: RunRecord;
}

const labelSize = 11;
/** Between a line and its name. */
const gap = 4;

/** How the marks are read. */
export const faultReading = 'Upright: a fault; dashed: it is over.';

/** Whether there is a mark to be read. */
export function anyFaults(courses: readonly OfRun[]): boolean {
  return courses.some(({ run }) => cameIn(run).length > 0);
}

type Came = FaultRecord & { readonly startedSeconds: number };

function cameIn({ faults = [] }: RunRecord): Came[] {
  return faults.filter((fault): fault is Came => fault.startedSeconds !== undefined);
}

/** The same in words; begins with a semicolon where there is something to say. */
export function faultsText(run: RunRecord): string {
  const parts = cameIn(run).map(({ what, startedSeconds }) => `${what} at ${formatSignificant(startedSeconds)} s`);
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}

/**
 * A line where something was broken on purpose, with its name once; a dashed one where that was over.
 * @param taken other names in the first row above the panel
 */
export function faultMarks<X extends object, Y extends object>(
  courses: readonly OfRun[],
  { x, y, along, width, top, named }: CourseAxes<X, Y>,
  taken: readonly NameSpan[] = [],
) {
  const came = courses.flatMap(({ run }) => cameIn(run).map((fault) => ({ run: run.id, ...fault })));
  if (came.length === 0) return [];
  const begun = came.map(({ run, what, startedSeconds: t }) => ({ run, measure: what, t }));
  const over = came.flatMap(({ run, what, startedSeconds, endedSeconds: t }) =>
    t === undefined || t <= startedSeconds ? [] : [{ run, measure: `${what}: over`, t }],
  );
  const at = { ...x, field: 't' };
  const labels = named ? labelsIn(courses, along, width, taken) : [];
  return [
    {
      data: { values: begun },
      mark: { type: 'rule' as const, color: ink, strokeWidth: 1.2 },
      encoding: { x: at },
    },
    ...labels.map(({ text, t, row, before }) => ({
      data: { values: [{ t, top, text }] },
      mark: {
        type: 'text' as const,
        align: before ? ('right' as const) : ('left' as const),
        baseline: 'bottom' as const,
        dx: before ? -gap : gap,
        dy: -aboveBy(row),
        fontSize: labelSize,
        color: ink,
      },
      encoding: { x: at, y: { ...y, field: 'top' }, text: { field: 'text' } },
    })),
    {
      data: { values: over },
      mark: { type: 'rule' as const, color: softInk, strokeWidth: 1, strokeDash: [3, 3] },
      encoding: { x: at },
    },
  ];
}

interface Label {
  readonly text: string;
  readonly t: number;
  /** From the panel upwards, so that none stands on another. */
  readonly row: number;
  /** Left of its line, where there is no room at the right. */
  readonly before: boolean;
}

/** Of the first run: where several are laid over each other, the same was broken in all. */
function labelsIn(
  [first]: readonly OfRun[],
  along: readonly [number, number],
  width: number,
  others: readonly NameSpan[],
): Label[] {
  const taken = others.map((span) => ({ row: 0, ...span }));
  return (first === undefined ? [] : cameIn(first.run)).map(({ what: text, startedSeconds: t }) => {
    const at = pixelsAlong({ along, width }, t);
    const room = textWidth(text, labelSize) + 2 * gap;
    const before = at + room > width && at >= room;
    const [left, right] = before ? [at - room, at] : [at, at + room];
    let row = 0;
    while (taken.some((other) => other.row === row && other.left < right && left < other.right)) row++;
    taken.push({ row, left, right });
    return { text, t, row, before };
  });
}
