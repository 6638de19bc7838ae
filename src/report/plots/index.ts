/** All plots of one or several results. */
import type { ReportModel } from '../model.js';
import { histogramPlot } from './histogram.js';
import { endToEndPlot, publishPlot } from './latency.js';
import { type Plot, scenesOf } from './plot.js';
import { sharePlot } from './share.js';
import { throughputPlot } from './throughput.js';
import { timePlot } from './time.js';

const kinds = [throughputPlot, endToEndPlot, publishPlot, histogramPlot, timePlot, sharePlot] as const;

/** Kind by kind, each by message size; what has no figures is left out. Pure. */
export function allPlots(models: readonly ReportModel[]): Plot[] {
  const scenes = scenesOf(models);
  return kinds.flatMap((kind) => scenes.flatMap((scene) => kind(scene) ?? []));
}
