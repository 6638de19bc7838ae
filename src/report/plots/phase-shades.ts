/** The parts of a run that are not measured, shaded on an axis of time. */
import { textWidth } from '../font.js';
import type { PhaseSpan } from '../timeline.js';
import type { CourseAxes } from './courses.js';
import { shadeColor, softInk } from './theme.js';

const labelSize = 11;

/** What each part is called. */
export const phaseNames: Readonly<Record<PhaseSpan['phase'], string>> = {
  warmup: 'warm-up',
  fill: 'fill',
  measure: 'measured',
  drain: 'drain',
};

/** A layer of shades; none where all that is shown was measured. */
export function phaseShades<X extends object, Y extends object>(
  phases: readonly PhaseSpan[],
  { x, y, along, width, top, named }: CourseAxes<X, Y>,
) {
  const marked = phases
    .filter(({ phase }) => phase !== 'measure')
    .map(({ phase, from, to }) => ({ phase, from: Math.max(from, along[0]), to: Math.min(to, along[1]) }))
    .filter(({ from, to }) => from < to);
  if (marked.length === 0) return [];
  const pixels = width / (along[1] - along[0]);
  return [
    {
      data: {
        values: marked.map(({ phase, from, to }) => {
          const text = phaseNames[phase];
          const fits = textWidth(text, labelSize) + 8 <= (to - from) * pixels;
          return { from, to, text: named && fits ? text : '', top, floor: 0 };
        }),
      },
      layer: [
        {
          mark: { type: 'rect' as const, color: shadeColor },
          encoding: {
            x: { ...x, field: 'from' },
            x2: { field: 'to' },
            y: { ...y, field: 'top' },
            y2: { datum: 0 },
          },
        },
        {
          mark: {
            type: 'text' as const,
            align: 'left' as const,
            baseline: 'bottom' as const,
            dx: 4,
            dy: -3,
            fontSize: labelSize,
            color: softInk,
          },
          encoding: { x: { ...x, field: 'from' }, y: { ...y, field: 'floor' }, text: { field: 'text' } },
        },
      ],
    },
  ];
}
