/** What stands for a worker that handed nothing over. Pure. */
import { unknownLoad } from '../metrics/load.js';
import { Receipts } from '../metrics/receipts.js';
import { Sends } from '../metrics/sends.js';
import type { WorkerRecord } from './protocol.js';

/**
 * An empty record: what the others received is held against producers and subscribers by their place, so nobody may
 * move up.
 * @param producers how many the run has
 */
export function missingRecord(role: WorkerRecord['role'], producers: number): WorkerRecord {
  const common = { load: unknownLoad, missing: true } as const;
  return role === 'producer'
    ? { role, sends: new Sends(false).record(), ...common }
    : { role, receipts: new Receipts(producers, false).record(), ...common };
}
