/** The sleeping side of {@link Wakeup}. */
import { parentPort, workerData } from 'node:worker_threads';
import { createClock } from './clock.js';
import type { WakeupShared } from './wakeup.js';

const { state, due, origin } = workerData as WakeupShared & { origin: bigint };
const clock = createClock(origin);

for (;;) {
  Atomics.wait(state, 0, 0);
  Atomics.store(state, 0, 0);
  const milliseconds = ((due[0] as number) - clock.now()) / 1e6;
  if (milliseconds > 0) Atomics.wait(state, 1, 0, milliseconds);
  parentPort?.postMessage(0);
}
