/** What GitHub Actions shows: annotations, and the summary of the step. */
import { appendFile } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import type { GateOutcome } from './gate.js';

/** A workflow command's data: its own separators escaped (actions/toolkit, packages/core/src/command.ts). */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

type Level = 'error' | 'warning' | 'notice';

/** One annotation. The runner takes them from stderr as from stdout. */
export function annotation(level: Level, title: string, text: string): string {
  return `::${level} title=${property(title)}::${data(text)}\n`;
}

/** One annotation a cell, and one for the whole. */
export function annotations({ cells, word, summary }: GateOutcome): string {
  const levels = {
    failed: 'error',
    regressed: 'error',
    invalid: 'warning',
    inconclusive: 'warning',
    pass: 'notice',
    equivalent: 'notice',
    improved: 'notice',
  } as const;
  const overall = word === 'pass' ? 'notice' : word === 'undecided' ? 'warning' : 'error';
  return [
    ...cells.map(({ cell, verdict, text }) => annotation(levels[verdict], `mqbench ${cell.label}`, text)),
    annotation(overall, 'mqbench', summary),
  ].join('');
}

/** Appends to the step's summary where there is one; a summary that cannot be written breaks no build. */
export async function addStepSummary(
  markdown: string,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  try {
    await appendFile(file, markdown);
  } catch (error) {
    warn(`the step summary cannot be written: ${messageOf(error)}`);
  }
}
