/**
 * When faults come and when they do not any more. The workers and the server are made up: what is tested are moments
 * that last milliseconds in a run.
 */
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/faults/fault.js';
import { FaultInjector, type FaultScene } from '../../src/faults/injector.js';
import { TcpProxy } from '../../src/proxy/tcp-proxy.js';
import type { TargetSession } from '../../src/run/target-session.js';
import type { WorkerProcess } from '../../src/run/worker-process.js';
import type { ServerFaults } from '../../src/servers/provider.js';

/** A worker that is so far with the measured part. */
function workerAt(done: () => number, freeze: () => Promise<void> = () => Promise.resolve()): WorkerProcess {
  const request = async (type: string) =>
    type === 'freeze' ? freeze() : { done: { probe: 0, warmup: 0, measure: done() }, activity: 0 };
  return { killed: false, request } as unknown as WorkerProcess;
}

/** Every look at it is a second later. */
function steppingClock() {
  let now = 0;
  return { now: () => (now += 1e9) };
}

/** A server whose outages last until they are ended. */
function fakeServer() {
  const calls: string[] = [];
  let isUp = true;
  const wait = async (): Promise<void> => {
    while (!isUp) await sleep(5);
  };
  const faults: ServerFaults = {
    async takeDown(how) {
      calls.push(how);
      isUp = false;
    },
    async pause() {
      calls.push('pause');
      isUp = false;
    },
    back: wait,
    async recover() {
      calls.push('recover');
      isUp = true;
    },
  };
  const session = {
    target: { name: 'made up' },
    server: { faults },
    beginOutage: () => undefined,
    async endOutage() {
      calls.push('reconnect');
    },
  } as unknown as TargetSession;
  return { calls, session };
}

function sceneWith(change: Partial<FaultScene>): FaultScene {
  return {
    clock: steppingClock(),
    session: fakeServer().session,
    proxy: undefined,
    producers: [workerAt(() => 100)],
    consumers: [workerAt(() => 50)],
    deliveries: 1,
    revive: undefined,
    messages: 100,
    durationSeconds: undefined,
    drainSeconds: 30,
    aborted: () => false,
    ...change,
  };
}

const cut: Fault = { do: 'pause-consumer', at: { kind: 'share', share: 0.9 }, worker: 1, forSeconds: 0.01 };

describe('a narrow network', () => {
  it('lets no more through than its rate as long as it lasts, and everything afterwards', async () => {
    const rate = 200_000;
    let received = 0;
    const sink = createServer((socket) =>
      socket.on('data', (chunk) => (received += chunk.length)).on('error', () => undefined),
    );
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const proxy = await TcpProxy.listen({ host: '127.0.0.1', port: (sink.address() as AddressInfo).port });
    const sender = connect({ port: proxy.port, host: '127.0.0.1' }).on('error', () => undefined);
    try {
      await new Promise((resolve) => sender.once('connect', resolve));
      const clock = { now: () => Number(process.hrtime.bigint()) };
      const injector = new FaultInjector(
        [{ do: 'throttle', at: { kind: 'filled' }, bytesPerSecond: rate, forSeconds: 0.5 }],
        sceneWith({ clock, proxy }),
      );
      const began = clock.now();
      const lasting = injector.filled();
      while (injector.done.length === 0) await sleep(1);
      const all = 20 * rate;
      sender.write(Buffer.alloc(all));
      await lasting;
      const seconds = (clock.now() - began) / 1e9;
      // One way, one connection, whatever the machine did meanwhile.
      expect(received).toBeLessThanOrEqual(rate * seconds);
      expect(injector.done[0]!.endedAt! - injector.done[0]!.startedAt!).toBeGreaterThanOrEqual(0.5e9);
      await expect.poll(() => received, { timeout: 10_000 }).toBe(all);
    } finally {
      sender.destroy();
      await proxy.close();
      sink.close();
    }
  });
});

describe('a run that is broken off', () => {
  it.each(['filled', 'run'] as const)('has no further fault of its broker (%s)', async (how) => {
    let isAborted = false;
    const { calls, session } = fakeServer();
    const at = how === 'filled' ? ({ kind: 'filled' } as const) : ({ kind: 'after', seconds: 0 } as const);
    const injector = new FaultInjector(
      [
        { do: 'restart-broker', at },
        { do: 'kill-broker', at },
      ],
      sceneWith({ session, aborted: () => isAborted }),
    );
    const going = how === 'filled' ? injector.filled() : injector.run(0, Promise.resolve());
    // The other one waits for this one by then.
    while (calls.length === 0) await sleep(5);
    await sleep(100);
    isAborted = true;
    await injector.heal();
    // Nothing is under way any more when it has healed: the run cleans up on a broker that stays.
    expect(calls).toContain('recover');
    expect(calls.at(-1)).toBe('reconnect');
    const before = [...calls];
    await going;
    expect(calls).toEqual(before);
    expect(calls.filter((call) => call === 'stop' || call === 'kill')).toHaveLength(1);
  });

  it('has no further fault of its workers', async () => {
    let frozen = false;
    const consumer = workerAt(
      () => 100,
      async () => void (frozen = true),
    );
    const injector = new FaultInjector(
      [{ do: 'pause-consumer', at: { kind: 'filled' }, worker: 0, forSeconds: 1 }],
      sceneWith({ consumers: [consumer], aborted: () => true }),
    );
    await injector.filled();
    expect(frozen).toBe(false);
    expect(injector.done).toEqual([]);
  });
});

describe('a fault whose share is not reached', () => {
  it('waits through the silence that a broker needs to give a dead consumer’s messages to others', async () => {
    let looks = 0;
    // Silent for some twenty seconds of the run's clock.
    const consumers = [workerAt(() => (looks++ < 10 ? 50 : 100)), workerAt(() => 0)];
    const injector = new FaultInjector([cut], sceneWith({ consumers, drainSeconds: 60 }));
    await injector.run(0, Promise.resolve());
    expect(injector.done).toEqual([expect.objectContaining({ fault: cut, startedAt: expect.any(Number) as number })]);
  });

  it('never comes once nothing has arrived for as long as a drain may stand still', async () => {
    const injector = new FaultInjector([cut], sceneWith({ drainSeconds: 5 }));
    await injector.run(0, Promise.resolve());
    expect(injector.done.map(({ startedAt }) => startedAt)).toEqual([undefined]);
  });

  it('does not count the silence of another fault', async () => {
    let received = 50;
    const sleeper = workerAt(
      () => received,
      async () => {
        await sleep(600);
        received = 100;
      },
    );
    const pause: Fault = { do: 'pause-consumer', at: { kind: 'after', seconds: 0 }, worker: 0, forSeconds: 600 };
    const injector = new FaultInjector(
      [pause, cut],
      sceneWith({ consumers: [sleeper, workerAt(() => 0)], drainSeconds: 5 }),
    );
    await injector.run(0, Promise.resolve());
    expect(injector.done.map(({ fault, startedAt }) => [fault, startedAt !== undefined])).toEqual([
      [pause, true],
      [cut, true],
    ]);
  });
});

it('a fault of a process that was killed before says so', async () => {
  const dead = { ...workerAt(() => 50), killed: true } as unknown as WorkerProcess;
  const pause: Fault = { do: 'pause-consumer', at: { kind: 'after', seconds: 0 }, worker: 0, forSeconds: 1 };
  const injector = new FaultInjector([pause], sceneWith({ consumers: [dead] }));
  await injector.run(0, new Promise(() => undefined));
  expect(injector.done).toEqual([
    expect.objectContaining({ startedAt: undefined, missed: expect.stringContaining('killed') as string }),
  ]);
});
