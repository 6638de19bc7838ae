/** The command line as the result keeps it: without anything that could be a secret. */
import { redact } from '../results/redact.js';

/**
 * The arguments with every address's user part and query taken out (a query may hold a path or a token).
 * @param args without the program's own name
 */
export function commandLine(args: readonly string[]): string[] {
  return args.map((arg) => redact(arg).replace(/([a-z][a-z0-9+.-]*:\/\/[^?\s]*)\?\S*/gi, '$1?***'));
}
