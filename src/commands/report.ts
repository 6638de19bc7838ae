import { MqbenchError, ExitCode } from '../errors.js';

// Holds the command's place until it lands.
export async function report(_folders: readonly string[], _options: { out?: string }): Promise<string> {
  throw new MqbenchError('`mqbench report` is not here yet.', { exitCode: ExitCode.bug });
}
