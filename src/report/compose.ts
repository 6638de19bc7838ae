/** Puts the report together: one or several results, section by section. */
import { patternOf } from '../scenario/pattern.js';
import { confirmsSection } from './confirms.js';
import type { Alert, ReportDocument, Section } from './document.js';
import { callsSection } from './calls-section.js';
import { clientsSection } from './clients-section.js';
import { deliverySection, fairnessSection } from './delivery-sections.js';
import { faultSection, survivalSection } from './fault-sections.js';
import { type Detail, entriesOf } from './entries.js';
import { latencySections } from './latency-sections.js';
import type { ReportModel } from './model.js';
import { lateSection, trendSection } from './course-sections.js';
import { timelineSection } from './timeline-section.js';
import { rateLatencySection } from './walk.js';
import { prioritySection, replaySection, subscribersSection } from './pattern-sections.js';
import { evidenceSection, runsSection } from './run-sections.js';
import { setupSections } from './setup-sections.js';
import { tasksSection } from './tasks.js';
import { summarySection } from './summary.js';
import { rateSection, throughputSection } from './throughput-sections.js';
import { alertTexts, conditionsText, resultLetter } from './wording.js';

/** Builds the document of one result, or of several laid over each other. Pure. */
export function composeReport(models: readonly ReportModel[], detail: Detail): ReportDocument {
  const [first] = models;
  if (!first) throw new Error('A report needs at least one result.');
  const several = models.length > 1;
  const entries = entriesOf(models);
  // What is only shown has no speed, and no room for one.
  const measured = entries.filter(({ model }) => patternOf(model.result.scenario.pattern).kind !== 'hello');
  const sections: Section[] = [
    ...(detail === 'full' ? [summarySection(models)] : []),
    rateLatencySection(models),
    tasksSection(measured),
    confirmsSection(measured),
    throughputSection(measured),
    rateSection(measured),
    ...(detail === 'full' ? [timelineSection(measured), clientsSection(measured)] : []),
    ...latencySections(measured, models),
    prioritySection(measured),
    replaySection(measured),
    deliverySection(entries),
    subscribersSection(entries),
    callsSection(measured),
    survivalSection(entries),
    faultSection(models),
    fairnessSection(measured, models),
    lateSection(models),
    trendSection(models),
    runsSection(models, detail),
    ...(detail === 'brief' ? evidenceSection(models) : []),
    ...setupSections(models, detail),
  ];
  return {
    title: several ? models.map(({ result }) => result.scenario.name).join(' and ') : first.result.scenario.name,
    lead: several
      ? models.map(({ result }, i) => `${resultLetter(i)}: ${result.id}: ${conditionsText(result.scenario)}`)
      : [first.result.scenario.description, conditionsText(first.result.scenario)].filter((line) => line !== ''),
    alerts: alertsOf(models),
    sections: sections.filter(({ block }) => (block.kind === 'table' ? block.rows.length : block.terms.length) > 0),
  };
}

function alertsOf(models: readonly ReportModel[]): Alert[] {
  const letters = new Map<string, { alert: Alert; of: string[] }>();
  for (const [i, model] of models.entries())
    for (const alert of alertTexts(model)) {
      const known = letters.get(alert.text);
      if (known) known.of.push(resultLetter(i));
      else letters.set(alert.text, { alert, of: [resultLetter(i)] });
    }
  const alerts = [...letters.values()].map(({ alert, of }): Alert =>
    of.length === models.length ? alert : { ...alert, text: `${of.join(', ')}: ${alert.text}` },
  );
  const distinct = (of: (model: ReportModel) => string) => new Set(models.map(of)).size > 1;
  if (distinct((m) => m.result.environment.fingerprint))
    alerts.unshift({
      tone: 'bad',
      text: 'These results come from different machines: differences are not the brokers’ alone.',
    });
  // The two sides of a paired session begin at the same instant; their scenarios differ in what is compared alone.
  if (distinct((m) => m.result.startedAt) && distinct((m) => m.result.scenario.digest))
    alerts.unshift({
      tone: 'warn',
      text: 'These results answer different questions: their scenarios are not the same.',
    });
  return alerts;
}
