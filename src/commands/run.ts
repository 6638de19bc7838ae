import { MqbenchError, ExitCode } from '../errors.js';
import type { RunFlags } from './run-flags.js';

// Holds the command's place until it lands.
export async function run(_scenarios: readonly string[], _flags: RunFlags): Promise<ExitCode> {
  throw new MqbenchError('`mqbench run` is not here yet.', { exitCode: ExitCode.bug });
}
