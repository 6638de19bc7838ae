import type { Endpoint } from '../../../brokers/adapter.js';
import { Link } from '../../../brokers/memory/link.js';

/** How long the greeting may take, in milliseconds. */
const timeoutMs = 3_000;

/** Resolves when the embedded broker takes these credentials. */
export async function probeMemory(endpoint: Endpoint): Promise<void> {
  const ignore = (): void => undefined;
  const events = { onLost: ignore, onRetry: ignore, onBlocked: ignore };
  const link = await Link.open(endpoint, { clientName: 'mqbench-probe', timeoutMs, events });
  await link.close();
}
