/** `mqbench validate`: whether scenario files can be run, with every mistake of every file. */
import { MqbenchError } from '../errors.js';
import { loadScenario } from '../scenario/load.js';
import { planOf } from './plan.js';

export interface Validation {
  /** A line for each good file, for stdout. */
  readonly text: string;
  /** One for each bad file. */
  readonly errors: readonly MqbenchError[];
}

/** @param flags adapters from elsewhere that the files may name */
export async function validate(
  files: readonly string[],
  flags: { readonly adapter?: readonly string[] } = {},
): Promise<Validation> {
  const lines: string[] = [];
  const errors: MqbenchError[] = [];
  for (const file of files) {
    try {
      const scenario = await loadScenario(file, flags);
      const plan = await planOf(scenario, 'auto');
      lines.push(`${file}: good; ${plan.cells.length} cells, ${plan.runs.length} runs`);
      for (const { cell, reason } of plan.refused) lines.push(`${file}: ${cell.id} will be left out: ${reason}`);
    } catch (error) {
      if (!(error instanceof MqbenchError)) throw error;
      errors.push(error);
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(''), errors };
}
