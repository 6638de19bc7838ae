/** Nothing is broken on a server that may be somebody's own. */
import { UsageError } from '../errors.js';
import { canDetour } from '../faults/detour.js';
import { needsProxy, touchesBroker } from '../faults/fault.js';
import { usedTargets } from '../scenario/plan.js';
import type { Plan } from '../scenario/types.js';
import { namedServer } from '../servers/endpoint/index.js';

/**
 * Refuses faults on servers that a person names.
 * @param force they are taken all the same, as far as they can be done from outside
 * @throws UsageError before anything is started
 */
export function refuseFaults(
  plan: Plan,
  { forceFaults }: { readonly forceFaults: boolean },
  env: NodeJS.ProcessEnv,
): void {
  const { scenario, serverChoice } = plan;
  const { faults } = scenario;
  if (faults.length === 0 || serverChoice === 'local' || serverChoice === 'compose') return;
  for (const target of usedTargets(plan)) {
    const named = namedServer(target, env);
    if (named === undefined) continue;
    const where = `target ${target.name}, ${named.endpoint.url}`;
    if (!forceFaults)
      throw new UsageError(`The scenario breaks things, and mqbench did not start the server of ${target.name}.`, {
        where,
        hint: 'Let mqbench start one (--server local or compose), or add --force-faults where nobody else uses it.',
      });
    if (touchesBroker(faults))
      throw new UsageError(`mqbench cannot stop or end a server that it did not start, ${target.name}'s.`, {
        where,
        hint: 'Leave the faults of the broker out, or let mqbench start one (--server local or compose).',
      });
    if (needsProxy(faults) && !canDetour(named.endpoint))
      throw new UsageError(`Connections to ${target.name} cannot be led through one proxy.`, {
        where,
        hint: 'Name one server with its port (with TLS by its name, or with ?servername=NAME), or leave cut-connection, delay and throttle out.',
      });
  }
}
