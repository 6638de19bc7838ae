/** mqbench's own workers, one side at a time: what tools that only send or only receive can be compared with. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationSpec } from '../../dist/brokers/adapter.js';
import type { ReceiptsRecord } from '../../dist/metrics/receipts.js';
import type { SendsRecord } from '../../dist/metrics/sends.js';
import { createClock, newOrigin } from '../../dist/run/clock.js';
import type { Phase } from '../../dist/run/envelope.js';
import type { RunOptions, WorkerRecord } from '../../dist/run/protocol.js';
import { WorkerProcess } from '../../dist/run/worker-process.js';
import { runOptions } from '../run-options.js';
import type { Sessions } from '../sessions.js';
import { prefetch } from '../settings.js';

export interface OneSide {
  readonly sessions: Sessions;
  readonly target: string;
  readonly destination: DestinationSpec;
  readonly sizeBytes: number;
  readonly seed: number;
  readonly messages: number;
}

/** Makes a destination for the work and removes it. */
export async function onDestination<T>(
  sessions: Sessions,
  target: string,
  consumers: number,
  work: (spec: DestinationSpec) => Promise<T>,
): Promise<T> {
  const { control } = sessions.get(target);
  const spec: DestinationSpec = { name: sessions.nextDestination(), guarantee: 'at-least-once', consumers };
  await control.request('create-destination', { spec });
  try {
    return await work(spec);
  } finally {
    await control.request('delete-destination', { spec });
  }
}

/** Confirmed messages a second of one producer with nobody receiving, after so many messages of warm-up. */
export async function publishRate(side: OneSide, warmup: number): Promise<number> {
  const { sent, confirmedCount, firstSend, lastConfirm } = await produce(side, newRun(side), warmup);
  if (confirmedCount !== side.messages) throw new Error(`${confirmedCount} of ${sent} messages were confirmed`);
  return confirmedCount / ((lastConfirm - firstSend) / 1e9);
}

/** Messages a second of one consumer that finds them all waiting: from its first receipt to its last. */
export async function drainRate(side: OneSide): Promise<number> {
  const run = newRun(side);
  await produce(side, run, 0);
  const { unique, firstReceipt, lastReceipt } = await consume(side, run);
  return unique / ((lastReceipt - firstReceipt) / 1e9);
}

/** Fills the destination. */
export async function fill(side: OneSide): Promise<void> {
  await produce(side, newRun(side), 0);
}

const newRun = ({ sessions, seed, sizeBytes }: OneSide): RunOptions =>
  runOptions({ origin: newOrigin(), runNumber: sessions.nextNumber(), seed, sizeBytes });

async function produce(side: OneSide, run: RunOptions, warmup: number): Promise<SendsRecord> {
  return withWorker(side, 'producer', async (worker) => {
    const connect = side.sessions.get(side.target).connectOptions('mqbench producer');
    await worker.request('start-producer', {
      connect,
      run,
      index: 0,
      destinations: [side.destination],
    });
    const clock = createClock(run.origin);
    const send = (phase: Phase, messages: number) =>
      worker.request('send', { phase, extent: { messages }, startAt: clock.now() }, 0);
    if (warmup > 0) await send('warmup', warmup);
    await send('measure', side.messages);
    const record: WorkerRecord = await worker.request('collect', {});
    if (record.role !== 'producer') throw new Error('a consumer answered');
    return record.sends;
  });
}

async function consume(side: OneSide, run: RunOptions): Promise<ReceiptsRecord> {
  return withWorker(side, 'consumer', async (worker) => {
    const connect = side.sessions.get(side.target).connectOptions('mqbench consumer');
    await worker.request('start-consumer', {
      connect,
      run,
      index: 0,
      destination: side.destination,
      place: 0,
      prefetch,
      late: false,
    });
    const end = Date.now() + 120_000;
    for (;;) {
      const { done } = await worker.request('progress', {});
      if (done.measure >= side.messages) break;
      if (Date.now() > end) throw new Error(`only ${done.measure} of ${side.messages} messages arrived`);
      await sleep(20);
    }
    const record: WorkerRecord = await worker.request('collect', {});
    if (record.role !== 'consumer') throw new Error('a producer answered');
    return record.receipts;
  });
}

async function withWorker<T>(
  { sessions }: OneSide,
  role: string,
  work: (worker: WorkerProcess) => Promise<T>,
): Promise<T> {
  let lost: (error: Error) => void = () => undefined;
  const gone = new Promise<never>((_, reject) => (lost = reject));
  const worker = new WorkerProcess(
    role,
    (event) => {
      if (event.type === 'lost') lost(new Error(event.error.message));
    },
    join(sessions.logs, `${role}.log`),
  );
  try {
    return await Promise.race([work(worker), gone]);
  } finally {
    await worker.close();
  }
}
