/** The parts of a run that are not measured, shaded on an axis of time. */
import { textWidth } from '../font.js';
import type { PhaseSpan } from '../timeline.js';
import { aboveBy, type CourseAxes, type NameSpan, pixelsAlong } from './courses.js';
import { shadeColor, softInk } from './theme.js';

const labelSize = 11;
/** Between a shade's edge and its name. */
const gap = 4;

/** What each part is called. */
export const phaseNames: Readonly<Record<PhaseSpan['phase'], string>> = {
  warmup: 'warm-up',
  fill: 'fill',
  measure: 'measured',
  drain: 'drain',
};

/** Where the names of the shades are. */
export function phaseNameSpans(
  phases: readonly PhaseSpan[],
  along: readonly [number, number],
  width: number,
): NameSpan[] {
  return shadesOf(phases, along, width).flatMap(({ from, text }) => {
    const left = pixelsAlong({ along, width }, from);
    return text === '' ? [] : [{ left, right: left + gap + textWidth(text, labelSize) }];
  });
}

/** The parts that are not measured, with the name of each that has room for it. */
function shadesOf(phases: readonly PhaseSpan[], along: readonly [number, number], width: number) {
  const pixels = (t: number): number => pixelsAlong({ along, width }, t);
  return phases
    .filter(({ phase }) => phase !== 'measure')
    .map(({ phase, from, to }) => ({ phase, from: Math.max(from, along[0]), to: Math.min(to, along[1]) }))
    .filter(({ from, to }) => from < to)
    .map(({ phase, from, to }) => {
      const text = phaseNames[phase];
      const fits = textWidth(text, labelSize) + 2 * gap <= pixels(to) - pixels(from);
      return { from, to, text: fits ? text : '' };
    });
}

/** A layer of shades; none where all that is shown was measured. */
export function phaseShades<X extends object, Y extends object>(
  phases: readonly PhaseSpan[],
  { x, y, along, width, top, named }: CourseAxes<X, Y>,
) {
  const marked = shadesOf(phases, along, width);
  if (marked.length === 0) return [];
  // No layer for names where there are none: it would push the panels apart.
  const names = named ? marked.filter(({ text }) => text !== '') : [];
  return [
    {
      data: { values: marked.map(({ from, to }) => ({ from, to, top })) },
      mark: { type: 'rect' as const, color: shadeColor },
      encoding: {
        x: { ...x, field: 'from' },
        x2: { field: 'to' },
        y: { ...y, field: 'top' },
        y2: { datum: 0 },
      },
    },
    ...names.map(({ from, text }) => ({
      data: { values: [{ from, top, text }] },
      mark: {
        type: 'text' as const,
        align: 'left' as const,
        baseline: 'bottom' as const,
        dx: gap,
        dy: -aboveBy(0),
        fontSize: labelSize,
        color: softInk,
      },
      encoding: { x: { ...x, field: 'from' }, y: { ...y, field: 'top' }, text: { field: 'text' } },
    })),
  ];
}
