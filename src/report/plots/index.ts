/** All plots of one or several results. */
import type { ReportModel } from '../model.js';
import { latencyByAxisPlot, throughputByAxisPlot } from './by-axis.js';
import { busyPlot } from './busy.js';
import { confirmsPlot } from './confirms.js';
import { consumersPlot } from './consumers.js';
import { histogramPlot } from './histogram.js';
import { endToEndPlot, publishPlot } from './latency.js';
import { fanOutPlot } from './fan-out.js';
import { type Plot, type Scene, scenesOf } from './plot.js';
import { priorityPlot } from './priority.js';
import { rateLatencyPlot } from './rate-latency.js';
import { recipientsPlot } from './recipients.js';
import { replayPlot } from './replay.js';
import { sharePlot } from './share.js';
import { survivalPlot } from './survival.js';
import { throughputPlot } from './throughput.js';
import { timePlot } from './time.js';
import { timelinePlot } from './timeline.js';

/** In the order of the report; `section` is the part of it that each belongs to. */
const kinds: readonly { readonly section: string; plot(this: void, scene: Scene): Plot | undefined }[] = [
  { section: 'rate-latency', plot: rateLatencyPlot },
  { section: 'throughput', plot: throughputByAxisPlot },
  { section: 'tasks', plot: busyPlot },
  { section: 'confirms', plot: confirmsPlot },
  { section: 'throughput', plot: throughputPlot },
  { section: 'rates', plot: timePlot },
  { section: 'rates', plot: consumersPlot },
  { section: 'timeline', plot: timelinePlot },
  { section: 'survival', plot: survivalPlot },
  { section: 'latency-endToEnd', plot: latencyByAxisPlot },
  { section: 'latency-endToEnd', plot: endToEndPlot },
  { section: 'latency-endToEnd', plot: histogramPlot },
  { section: 'latency-publish', plot: publishPlot },
  { section: 'rates', plot: fanOutPlot },
  { section: 'priority', plot: priorityPlot },
  { section: 'replay', plot: replayPlot },
  { section: 'subscribers', plot: recipientsPlot },
  { section: 'fairness', plot: sharePlot },
];

/** The plots kind by kind, each kind by message size; what has no figures is left out. Pure. */
export function plotGroups(models: readonly ReportModel[]): { section: string; plots: Plot[] }[] {
  const scenes = scenesOf(models);
  return kinds.map(({ section, plot }) => ({ section, plots: scenes.flatMap((scene) => plot(scene) ?? []) }));
}
