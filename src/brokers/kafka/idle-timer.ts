/**
 * kafkajs 2.2.4 wakes up a thousand times a second for each connection, whether it has anything to do or not
 * (https://github.com/tulios/kafkajs/issues/1704): on a small machine some 3 % of a core for each process. Whoever
 * measures kafkajs with producers and consumers must leave them that, as everybody's have it. The connections that are
 * mqbench's own business (administration, sampling) would take it from the broker that is being measured: these
 * wake up only while requests wait.
 */
import { createRequire } from 'node:module';

/** The part of kafkajs' request queue, one for each connection, that this is about. */
interface RequestQueue {
  readonly clientId: string;
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const ending = ' control';

/** The client id that marks a connection as one that sleeps. */
export const sleeping = (clientName: string): string => clientName + ending;

const load = createRequire(import.meta.url);
const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
const schedule = Object.getOwnPropertyDescriptor(prototype, 'scheduleCheckPendingRequests')?.value as () => void;

prototype.scheduleCheckPendingRequests = function (): void {
  const needed = this.pending.length > 0 || this.throttledUntil > Date.now();
  if (needed || !this.clientId.endsWith(ending)) schedule.call(this);
};
