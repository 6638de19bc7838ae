/** Puts a comparison together as a report: the judgement, then the two results laid over each other. */
import { composeReport } from '../report/compose.js';
import type { ReportDocument } from '../report/document.js';
import { buildModel } from '../report/model.js';
import { writeDocument } from '../report/write.js';
import { type Comparison, letterOf } from './compare.js';
import { comparabilityText, comparisonAlerts, comparisonSections } from './document.js';
import type { MetricId } from './metrics.js';

/** What stands above the tables. */
export interface Heading {
  readonly title: string;
  /** Said before which results these are. */
  readonly lead: readonly string[];
}

/**
 * The judgement of one or several comparisons with the same A.
 * @param gated the metrics that decide; empty where all is advice
 */
export function comparisonDocument(
  comparisons: readonly Comparison[],
  gated: readonly MetricId[],
  { title, lead }: Heading,
): ReportDocument {
  const several = comparisons.length > 1;
  const alerts = comparisons.flatMap(comparisonAlerts);
  return {
    title,
    lead: [
      ...lead,
      ...comparisons.flatMap((comparison, i) => [
        ...(i === 0 ? [`A: ${comparison.a.id}`] : []),
        `${letterOf(comparison.options)}: ${comparison.b.id}`,
        comparabilityText(comparison),
      ]),
    ],
    // What A lacks is told once.
    alerts: [...new Map(alerts.map((alert) => [alert.text, alert])).values()],
    sections: comparisons.flatMap((comparison) => {
      const letter = letterOf(comparison.options);
      return comparisonSections(comparison, gated).map((section) =>
        several ? { ...section, id: `${section.id}-${letter}`, title: titleOf(section, letter) } : section,
      );
    }),
  };
}

function titleOf({ id, title }: ReportDocument['sections'][number], letter: string): string {
  return id === 'judgement' ? title : `${title}: ${letter}`;
}

/**
 * Writes `plots/`, `summary.md` and `report.html` of comparisons with the same A into a folder: the interval plot of
 * all ratios, and every plot of all results over each other.
 * @throws ResultError when a stored histogram cannot be read or the folder cannot be written
 */
export async function writeComparison(
  folder: string,
  comparisons: readonly [Comparison, ...Comparison[]],
  gated: readonly MetricId[],
  heading: Heading,
  progress?: (what: string) => void,
): Promise<{ files: string[] }> {
  // Vega is slow to load; whoever only prints tables need not wait for it.
  const [{ plotGroups }, { ratioPlot }] = await Promise.all([
    import('../report/plots/index.js'),
    import('./ratio-plot.js'),
  ]);
  const models = [comparisons[0].a, ...comparisons.map(({ b }) => b)].map(buildModel);
  const ratios = ratioPlot(comparisons, gated);
  const judgement = comparisonDocument(comparisons, gated, heading);
  const section = judgement.sections.find(({ id }) => id.startsWith('judgement'))?.id ?? 'judgement';
  const overlay = composeReport(models, 'full');
  return writeDocument(
    folder,
    {
      ...judgement,
      alerts: [...judgement.alerts, ...overlay.alerts.filter(({ tone }) => tone === 'warn')],
      sections: [...judgement.sections, ...overlay.sections],
    },
    [{ section, plots: ratios === undefined ? [] : [ratios] }, ...plotGroups(models)],
    progress === undefined ? {} : { progress },
  );
}
