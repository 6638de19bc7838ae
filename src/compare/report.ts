/** Puts a comparison together as a report: the judgement, then the two results laid over each other. */
import { composeReport } from '../report/compose.js';
import type { ReportDocument } from '../report/document.js';
import type { Detail } from '../report/entries.js';
import { buildModel } from '../report/model.js';
import { writeDocument } from '../report/write.js';
import type { Comparison } from './compare.js';
import { comparisonAlerts, comparisonSections } from './document.js';
import type { MetricId } from './metrics.js';

/**
 * The judgement of one or several comparisons with the same A.
 * @param gated the metrics that decide; empty where all is advice
 */
export function comparisonDocument(
  comparisons: readonly Comparison[],
  gated: readonly MetricId[],
  title: string,
): ReportDocument {
  const several = comparisons.length > 1;
  return {
    title,
    lead: comparisons.flatMap(({ a, b }, i) => [
      ...(i === 0 ? [`A: ${a.id}`] : []),
      `B${several ? i + 1 : ''}: ${b.id}`,
    ]),
    alerts: comparisons.flatMap(comparisonAlerts),
    sections: comparisons.flatMap((comparison, i) =>
      comparisonSections(comparison, gated).map((section) =>
        several ? { ...section, id: `${section.id}-${i + 1}`, title: `${section.title}: B${i + 1}` } : section,
      ),
    ),
  };
}

/**
 * Writes `plots/`, `summary.md` and `report.html` of one comparison into a folder: the interval plot of all ratios,
 * and every plot of the two results over each other.
 * @throws ResultError when a stored histogram cannot be read or the folder cannot be written
 */
export async function writeComparison(
  folder: string,
  comparison: Comparison,
  gated: readonly MetricId[],
  title: string,
  progress?: (what: string) => void,
): Promise<{ files: string[] }> {
  // Vega is slow to load; whoever only prints tables need not wait for it.
  const [{ plotGroups }, { ratioPlot }] = await Promise.all([
    import('../report/plots/index.js'),
    import('./ratio-plot.js'),
  ]);
  const models = [comparison.a, comparison.b].map(buildModel);
  const ratios = ratioPlot(comparison, gated);
  const judgement = comparisonDocument([comparison], gated, title);
  const paired = comparison.options.design === 'paired';
  const overlay = composeReport(models, 'full' satisfies Detail, paired);
  return writeDocument(
    folder,
    {
      ...judgement,
      alerts: [...judgement.alerts, ...overlay.alerts.filter(({ tone }) => tone === 'warn')],
      sections: [...judgement.sections, ...overlay.sections],
    },
    [{ section: 'judgement', plots: ratios === undefined ? [] : [ratios] }, ...plotGroups(models)],
    progress === undefined ? {} : { progress },
  );
}
