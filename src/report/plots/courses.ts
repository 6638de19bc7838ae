/** What all pictures of a run's course have in common: its name, and the axes it is drawn on. */
import type { RunRecord } from '../../results/schema.js';
import { runName } from '../wording.js';
import type { Series } from './plot.js';
import { tickLabelExpr } from './scales.js';

/** The run's name, with its result's letter where several are laid over each other. */
export function courseName({ series, run }: { readonly series: Series; readonly run: RunRecord }): string {
  return series.letter === undefined ? runName(run) : `${series.letter} ${runName(run)}`;
}

/** The axes of a panel, for what is drawn on them beside the course itself. */
export interface CourseAxes<X, Y> {
  readonly x: X;
  readonly y: Y;
  /** The axis of time, in seconds and pixels. */
  readonly along: readonly [from: number, to: number];
  readonly width: number;
  /** The upper end of the other axis. */
  readonly top: number;
  /** Whether what is marked has names here, where there is room. */
  readonly named: boolean;
}

/** Where a time lies on the axis, in pixels from the panel's left end. */
export function pixelsAlong({ along, width }: Pick<CourseAxes<object, object>, 'along' | 'width'>, t: number): number {
  return ((t - along[0]) * width) / (along[1] - along[0]);
}

/** What a name takes of its row, in pixels from the left end of the panel. */
export interface NameSpan {
  readonly left: number;
  readonly right: number;
}

/** How far above a panel a row of names stands, where no line runs through them, in pixels. */
export function aboveBy(row: number): number {
  return 3 + row * 13;
}

/**
 * The axis of time.
 * @param titled says what it counts: once below all panels
 */
export function secondsAxis(along: [number, number], titled: boolean, labels = true) {
  return {
    field: 't',
    type: 'quantitative',
    scale: { domain: along, nice: false },
    axis: {
      title: titled ? 'Seconds since the measured part began' : null,
      labels,
      tickCount: 8,
      grid: false,
    },
  } as const;
}

/** The axis of messages a second; its title stands once, beside the panel in the middle. */
export function ratesAxis(domain: [number, number], values: number[], panel: number, panels: number) {
  return {
    field: 'rate',
    type: 'quantitative',
    scale: { domain, nice: false },
    axis: {
      title: panel === Math.floor((panels - 1) / 2) ? 'Messages per second' : null,
      values,
      labelExpr: tickLabelExpr,
      domain: false,
      ticks: false,
    },
  } as const;
}
