/** The command line as the result keeps it: without anything that could be a secret. */
import { withoutSecrets } from '../ab/settings.js';

/**
 * The arguments without their secrets.
 * @param args without the program's own name
 */
export function commandLine(args: readonly string[]): string[] {
  return args.map(withoutSecrets);
}
