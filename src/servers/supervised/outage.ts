/** Does things on purpose to a server under its supervisor, whether this mqbench started it or `brokers up` did. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerError } from '../../errors.js';
import type { ServerFaults } from '../provider.js';
import { processIdentity, signal, waitUntil } from './process.js';
import {
  orderFile,
  probeTimeoutMs,
  readyTimeoutMs,
  stateFile,
  stopGraceMs,
  type OutageOrder,
  type OutageState,
} from './supervision.js';

export interface FaultySpec {
  readonly product: string;
  readonly supervisorPid: number;
  /** As {@link processIdentity} told it at the start; undefined when the supervisor had ended by then. */
  readonly supervisorIdentity: string | undefined;
  /** The server's room. */
  readonly folder: string;
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /** The server's process ids; changed in place when it was started again. */
  readonly pids: number[];
}

/** How long the supervisor may take to obey beyond what it waits for itself, in milliseconds. */
const obeyMs = 10_000;

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** What the supervisor last said of its server; undefined where there is none, or an old one that says nothing. */
export async function outageState(folder: string): Promise<OutageState | undefined> {
  return readFile(join(folder, stateFile), 'utf8').then(
    (text) => JSON.parse(text) as OutageState,
    () => undefined,
  );
}

export function supervisedFaults(spec: FaultySpec): ServerFaults {
  const { product, folder } = spec;
  let last: string | undefined;
  let pidBefore: number | undefined;

  const state = () => outageState(folder);

  async function order(what: Unnumbered<OutageOrder>): Promise<void> {
    // A supervisor that writes no state knows no orders: the signal would end it. So it would a stranger that has the
    // id of a killed supervisor, whose state file is still there.
    const before = await state();
    const { supervisorIdentity: identity } = spec;
    if (before === undefined || identity === undefined || (await processIdentity(spec.supervisorPid)) !== identity)
      throw new BrokerError(`${product} was started by an mqbench that knows no faults, or has ended.`, 'unavailable', {
        hint: 'Run `mqbench brokers down`, and start it again.',
      });
    pidBefore = before.pid;
    last = randomUUID();
    const file = join(folder, orderFile);
    await writeFile(`${file}.tmp`, JSON.stringify({ id: last, ...what }), { mode: 0o600 });
    await rename(`${file}.tmp`, file);
    signal(spec.supervisorPid, 'SIGUSR2');
  }

  async function reached(phase: OutageState['phase'], timeoutMs: number, what: string): Promise<void> {
    const there = await waitUntil(async () => {
      const now = await state();
      if (now === undefined || now.order !== last) return false;
      // It was down or paused for less time than there is between two looks: another process, or up again after this order.
      return now.phase === phase || now.pid !== pidBefore || (phase === 'paused' && now.phase === 'up');
    }, timeoutMs);
    if (!there) throw new BrokerError(`${product} ${what} within ${timeoutMs / 1000} s.`, 'timeout');
  }

  /** Resolves when it runs and answers. */
  async function back(): Promise<void> {
    const deadline = performance.now() + readyTimeoutMs;
    const isBack = async (): Promise<boolean> => {
      const now = await state();
      if (now?.phase !== 'up') return false;
      if (spec.pids.length > 0) spec.pids.splice(0, spec.pids.length, now.pid);
      return spec.probe(AbortSignal.timeout(probeTimeoutMs)).then(
        () => true,
        () => false,
      );
    };
    if (!(await waitUntil(isBack, deadline - performance.now())))
      throw new BrokerError(`${product} did not come back within ${readyTimeoutMs / 1000} s.`, 'timeout', {
        hint: "Look at its log in the result's folder.",
      });
  }

  return {
    async takeDown(how, downMs) {
      await order({ do: 'down', how: how === 'kill' ? 'SIGKILL' : 'SIGTERM', downMs });
      await reached('down', stopGraceMs + obeyMs, 'did not end');
    },
    async pause(forMs) {
      await order({ do: 'pause', forMs });
      await reached('paused', obeyMs, 'could not be stopped');
    },
    back,
    async recover() {
      const now = await state();
      if (now === undefined) return;
      if (now.phase !== 'up') await order({ do: 'recover' });
      await back();
    },
  };
}
