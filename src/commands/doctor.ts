/** `mqbench doctor`: what is there to measure with, and what to do about what is missing. */
import { checkBrokers } from '../doctor/brokers.js';
import type { Check } from '../doctor/check.js';
import { checkMachine } from '../doctor/machine.js';
import { ExitCode } from '../errors.js';
import { packageVersion } from '../root.js';
import { textTable } from './text-table.js';

export interface Diagnosis {
  /** What goes to stdout. */
  readonly text: string;
  /** `environment` where a broker cannot be had; warnings alone are no failure. */
  readonly exitCode: ExitCode;
}

export async function doctor(options: { json: boolean; signal: AbortSignal }): Promise<Diagnosis> {
  // One after the other: looking for brokers is itself a load.
  const machine = await checkMachine();
  const brokers = await checkBrokers(process.env, options.signal);
  options.signal.throwIfAborted();
  return diagnose(
    [
      { name: 'mqbench', status: 'ok', found: `${packageVersion()} on Node.js ${process.versions.node}` },
      ...machine,
      ...brokers,
    ],
    options.json,
  );
}

/** The checks as text or JSON, and the exit code they deserve. Pure. */
export function diagnose(checks: readonly Check[], json: boolean): Diagnosis {
  const exitCode = checks.some(({ status }) => status === 'problem') ? ExitCode.environment : ExitCode.ok;
  if (json) return { text: `${JSON.stringify({ ok: exitCode === ExitCode.ok, checks }, null, 2)}\n`, exitCode };
  const table = textTable(
    ['', 'WHAT', 'FOUND'],
    checks.map(({ name, status, found }) => [status, name, found]),
  );
  const advice = checks.flatMap(({ name, advice: text }) => (text === undefined ? [] : [`  ${name}: ${text}\n`]));
  return { text: advice.length === 0 ? table : `${table}\nWhat to do:\n${advice.join('')}`, exitCode };
}
