/** The flags of `mqbench run`, as commander hands them over. */
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import type { ScenarioFlags } from '../scenario/overrides.js';
import { type CellSource, namesOf } from '../scenario/cells.js';
import type { ServerChoice } from '../servers/provider.js';

export interface RunFlags extends ScenarioFlags {
  /** The result folder; `results/<time>-<scenario>` when absent. */
  readonly out?: string;
  readonly server: ServerChoice;
  /** The result as JSON on stdout instead of tables. */
  readonly json: boolean;
  /** Print the plan and run nothing. */
  readonly dryRun: boolean;
  /** Show single messages on stderr as they are sent and received. */
  readonly print: boolean;
  /** Go on with the other targets when one cannot be had, also where no terminal is. */
  readonly allowMissing: boolean;
  /** Faults also on servers that mqbench did not start. */
  readonly forceFaults: boolean;
  /** Where to listen for Prometheus while runs go on, `host:port`. */
  readonly prometheus?: string;
  /** `target=address`, each possibly with credentials: never print or store one. */
  readonly url: readonly string[];
  /** Aborted with an InterruptedError on Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

/**
 * The addresses that `--url` gives, by target name; they come before the scenario's and the environment's.
 * @param scenario undefined where any target may have an address
 * @throws UsageError for one without a target or for a target that is not in the scenario, and where no address is
 *   looked at; never quotes the address
 */
export function readUrls(
  texts: readonly string[],
  scenario: Pick<CellSource, 'targets'> | undefined,
  server: ServerChoice,
): ReadonlyMap<string, string> {
  if (texts.length > 0 && (server === 'local' || server === 'compose')) {
    throw new UsageError(`With --server ${server} no address is looked at.`, {
      where: '--url',
      hint: 'Leave one of the two away.',
    });
  }
  const names = scenario && [...new Set(scenario.targets.flatMap(namesOf))];
  const urls = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals));
    // An address may hold "=" too: what stands before it is then no name, and may be secret.
    if (!/^[\w.-]+$/.test(name))
      throw new UsageError('An address needs the target it is for.', {
        where: '--url',
        hint: 'Write --url target=address, for example --url rabbitmq=amqp://host:5672.',
      });
    if (names !== undefined && !names.includes(name))
      throw new UsageError(`No target "${name}" is in this run.`, { where: '--url', hint: suggest(name, names) });
    if (urls.has(name)) throw new UsageError(`Target "${name}" has two addresses.`, { where: '--url' });
    urls.set(name, text.slice(equals + 1));
  }
  return urls;
}
