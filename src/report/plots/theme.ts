/** How every plot looks: colours that colour-blind people tell apart, and a second channel beside each. */
import type { Config } from 'vega-lite';
import { fontStack } from '../font.js';

/** Width of a whole picture in pixels. */
export const plotWidth = 640;
export const padding = 16;
/** What is left for text. A little less, because another font may be wider. */
export const textSpan = plotWidth - 2 * padding - 12;

/** Exact values, so that report.html can give them other colours in the dark. */
export const ink = '#1b1f24';
export const softInk = '#57606a';
export const gridColor = '#e3e7ec';
export const lineColor = '#8c959f';
export const shadeColor = '#eef1f4';
export const paper = '#ffffff';
/** Of what went wrong at a moment; stands out from light and dark ground alike. */
export const markColor = '#d1382c';

/** Okabe and Ito's palette without its yellow, which white paper swallows, and a grey; then from the front again. */
const colors = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#7F7F7F'] as const;
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross', 'triangle-right'] as const;
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4], [2, 6]] as const;

export interface Channel {
  readonly color: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

/** The n-th colour, shape and dash; the shapes are drawn on differently once the colours repeat. */
export function channelOf(index: number): Channel {
  const round = Math.floor(index / colors.length);
  return {
    color: colors[index % colors.length] ?? ink,
    shape: shapes[(index + round) % shapes.length] ?? 'circle',
    dash: dashes[(index + round) % dashes.length] ?? [],
  };
}

export const config: Config = {
  font: fontStack,
  // Pictures carry one description; one for each mark would only make them large.
  aria: false,
  view: { stroke: null },
  axis: {
    labelColor: softInk,
    titleColor: softInk,
    gridColor,
    domainColor: lineColor,
    tickColor: lineColor,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 10,
    labelPadding: 6,
    labelLimit: 300,
  },
  legend: {
    labelColor: ink,
    titleColor: softInk,
    labelFontSize: 12,
    labelLimit: 260,
    symbolSize: 110,
    symbolStrokeWidth: 2,
  },
  title: {
    anchor: 'start',
    frame: 'bounds',
    color: ink,
    fontSize: 16,
    fontWeight: 600,
    subtitleColor: softInk,
    subtitleFontSize: 12,
    lineHeight: 21,
    subtitleLineHeight: 16,
    subtitlePadding: 6,
    offset: 14,
  },
};
