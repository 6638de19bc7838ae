/** What a module from outside lacks to be an adapter, before anything of it is called. */
import { z } from 'zod';
import type { Adapter } from './adapter.js';

const support = z.union([z.literal(true), z.object({ reason: z.string() })]);

/** As the contract has them (adapter.ts); more than that is nobody's business. */
const capabilitiesShape = z.object({
  guarantees: z.object({ 'at-most-once': support, 'at-least-once': support, replicated: support }),
  patterns: z.record(z.string(), support).optional(),
  durable: support.optional(),
  partitioned: z.boolean(),
  dispatch: z.enum(['dynamic', 'static']),
  prefetch: support,
  redeliveredFlag: z.boolean(),
  maxBodyBytes: z.number().positive(),
});

/** What keeps a module's default export from being an adapter, as a clause; undefined where nothing does. Pure. */
export function lackingOf(exported: unknown): string | undefined {
  if (exported === undefined) return 'it has no default export';
  if (typeof exported !== 'object' || exported === null) return 'its default export is no object';
  const adapter = exported as Partial<Adapter>;
  if (typeof adapter.id !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(adapter.id))
    return 'its id is not a short name of letters, digits, "-", "_" and "."';
  for (const name of ['client', 'describeGuarantee', 'connect'] as const)
    if (typeof adapter[name] !== 'function') return `it has no ${name}()`;
  for (const name of ['capabilitiesWith', 'takeover', 'refuses'] as const)
    if (!['function', 'undefined'].includes(typeof adapter[name])) return `its ${name} is no function`;
  if (typeof adapter.capabilities !== 'object' || adapter.capabilities === null) return 'it declares no capabilities';
  if (typeof adapter.options?.safeParse !== 'function') return 'its options are not a zod schema';
  return lackingCapability(adapter.capabilities);
}

function lackingCapability(capabilities: object): string | undefined {
  const [issue] = capabilitiesShape.safeParse(capabilities).error?.issues ?? [];
  if (issue === undefined) return undefined;
  const path = issue.path.map(String);
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], capabilities);
  const name = `capabilities.${path.join('.')}`;
  return found === undefined ? `it does not declare ${name}` : `its ${name} is not what the contract asks for`;
}
