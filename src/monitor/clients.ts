/**
 * What the client libraries of mqbench's own runs say of themselves, beside the broker that they speak to. A run
 * writes it once a second into the result it is making (src/results/progress.ts); another process reads it there.
 */
import type { Endpoint } from '../brokers/adapter.js';
import { readAllProgress } from '../results/progress.js';
import type { ClientUse } from '../results/schema.js';

/** What is older belongs to a run that was killed or stands still, in milliseconds. */
const freshMs = 5_000;

/** The clients of one run. */
export interface RunClients extends ClientUse {
  readonly scenario: string;
  readonly cell: string;
  /** The run's own name for the broker. */
  readonly target: string;
}

/** Host and port as an address says them, by which two processes find that they mean the same broker. */
export function brokerAddress({ url }: Endpoint): string {
  return url
    .trim()
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/^[^/@]*@/, '')
    .replace(/[/?#].*$/, '')
    .toLowerCase();
}

/**
 * The clients of all runs that go on, by the address of their broker.
 * @param folder with results, e.g. `results`; one that is not there has no runs
 */
export async function readRunClients(folder: string): Promise<ReadonlyMap<string, readonly RunClients[]>> {
  const found = new Map<string, RunClients[]>();
  for (const { scenario, cell, updatedAt, clients } of await readAllProgress(folder)) {
    if (clients === undefined || Date.now() - Date.parse(updatedAt) > freshMs) continue;
    const { broker, ...use } = clients;
    found.set(broker, [...(found.get(broker) ?? []), { scenario, cell, ...use }]);
  }
  return found;
}
