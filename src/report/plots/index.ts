/** All plots of one or several results. */
import type { ReportModel } from '../model.js';
import { histogramPlot } from './histogram.js';
import { endToEndPlot, publishPlot } from './latency.js';
import { type Plot, type Scene, scenesOf } from './plot.js';
import { sharePlot } from './share.js';
import { throughputPlot } from './throughput.js';
import { timePlot } from './time.js';

const kinds: readonly {
  readonly title: string;
  readonly id: string;
  plot(this: void, scene: Scene): Plot | undefined;
}[] = [
  { id: 'plots-throughput', title: 'Throughput, plotted', plot: throughputPlot },
  { id: 'plots-latency', title: 'End-to-end latency, plotted', plot: endToEndPlot },
  { id: 'plots-publish', title: 'Publish latency, plotted', plot: publishPlot },
  { id: 'plots-histogram', title: 'Spread of latency', plot: histogramPlot },
  { id: 'plots-time', title: 'Throughput over time', plot: timePlot },
  { id: 'plots-share', title: 'Messages per consumer', plot: sharePlot },
];

/** The plots kind by kind, each kind by message size; what has no figures is left out. Pure. */
export function plotGroups(models: readonly ReportModel[]): { title: string; id: string; plots: Plot[] }[] {
  const scenes = scenesOf(models);
  return kinds.map(({ title, id, plot }) => ({ title, id, plots: scenes.flatMap((scene) => plot(scene) ?? []) }));
}
