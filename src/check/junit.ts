/** A gate as JUnit XML: a test case for each figure of each cell. */
import library, { type Builder, type TestSuite } from 'junit-report-builder';
import type { Comparison } from '../compare/compare.js';
import type { MetricId } from '../compare/metrics.js';
import { intervalText, verdictText } from '../compare/wording.js';
import { passes } from '../stats/verdict.js';

/** Its declarations say `export default`; what the CommonJS module exports is the builder itself. */
const builder = library as unknown as Builder;

/** XML 1.0 has no control characters. */
const clean = (text: string): string => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

/**
 * Failures are what fails a build, errors what could not be measured; inconclusive figures and advice are skipped,
 * with their reason.
 * @param loss what ended the session early, if anything did
 */
export function junitXml(
  comparison: Comparison,
  gated: readonly MetricId[],
  name: string,
  loss: string | undefined,
): string {
  const report = builder.newBuilder();
  const suite = report.testSuite().name(clean(name));
  // What was measured before may be all green.
  if (loss !== undefined) addCase(suite, lossCase(loss));
  for (const cell of comparison.cells) {
    if (cell.metrics.length === 0) {
      const test = suite.testCase().className(clean(cell.label)).name('measurement');
      test.error(clean(cell.problems.map(({ text }) => text).join('; ') || 'nothing usable was measured'));
    }
    for (const m of cell.metrics) {
      const text = clean(`${m.verdict}: B ÷ A ${intervalText(m)}, ${verdictText(m, cell, comparison.options.design)}`);
      const test = suite.testCase().className(clean(cell.label)).name(m.metric.label).standardOutput(text);
      if (m.verdict === 'failed') test.failure(text);
      else if (m.verdict === 'invalid') test.error(text);
      else if (!gated.includes(m.metric.id)) test.skipped();
      else if (m.verdict === 'regressed') test.failure(text);
      else if (!passes(m.verdict)) test.skipped();
    }
  }
  return report.build();
}

/** A test that is no figure of a comparison. */
export interface TestCase {
  /** What was tested, a cell for example. */
  readonly of: string;
  readonly name: string;
  readonly ends: 'well' | 'failure' | 'error';
  readonly text: string;
}

/** The test that fails when a broker or a process of ours was lost. */
export function lossCase(text: string): TestCase {
  return { of: 'mqbench', name: 'brokers and processes stay', ends: 'error', text };
}

/** Such tests as JUnit XML. */
export function casesXml(cases: readonly TestCase[], name: string): string {
  const report = builder.newBuilder();
  const suite = report.testSuite().name(clean(name));
  for (const one of cases) addCase(suite, one);
  return report.build();
}

function addCase(suite: TestSuite, { of, name, ends, text }: TestCase): void {
  const test = suite.testCase().className(clean(of)).name(name).standardOutput(clean(text));
  if (ends === 'failure') test.failure(clean(text));
  if (ends === 'error') test.error(clean(text));
}
