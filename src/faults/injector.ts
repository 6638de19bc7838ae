/** Does a run's faults when their time has come, and sees to it that each is over again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerError } from '../errors.js';
import type { TcpProxy } from '../proxy/tcp-proxy.js';
import type { Clock, Nanoseconds } from '../run/clock.js';
import type { Progress } from '../run/protocol.js';
import type { TargetSession } from '../run/target-session.js';
import type { WorkerProcess } from '../run/worker-process.js';
import { trace } from '../trace.js';
import { type Fault, faultTraits, isDeath } from './fault.js';
import { faultText } from './text.js';

/** A fault, and when it was done; on the session's clock. */
export interface DoneFault {
  readonly fault: Fault;
  /** Undefined: it was not done. */
  readonly startedAt: Nanoseconds | undefined;
  /** When what it took away was back: the broker answered again, the worker went on, the network was as before. */
  endedAt: Nanoseconds | undefined;
  /** Why it was not done, where the run was not over. */
  readonly missed?: string;
}

/** What a run lends to its faults. */
export interface FaultScene {
  readonly clock: Clock;
  readonly session: TargetSession;
  readonly proxy: TcpProxy | undefined;
  readonly producers: readonly WorkerProcess[];
  readonly consumers: readonly WorkerProcess[];
  /** Deliveries that a message makes: more than one where several consumers get it. */
  readonly deliveries: number;
  /** Starts a killed consumer again, where its subscription has waited for it. */
  readonly revive: ((consumer: number) => Promise<void>) | undefined;
  /** Measured messages of the run, or how long it measures. */
  readonly messages: number | undefined;
  readonly durationSeconds: number | undefined;
  /** With everything sent and nothing received for so long, a share that is not reached yet never will be. */
  readonly drainSeconds: number;
  /** True once the run is broken off. */
  readonly aborted: () => boolean;
}

/** Between two looks at how far the run is, in milliseconds. */
const lookEveryMs = 25;
/** What a worker takes to answer beyond the time it was asked to sleep, in milliseconds. */
const answerMs = 60_000;

export class FaultInjector {
  readonly done: DoneFault[] = [];
  private readonly board: ProgressBoard;
  /** Faults of the broker come one after the other. */
  private broker: Promise<void> = Promise.resolve();
  private brokerTouched = false;

  constructor(
    private readonly faults: readonly Fault[],
    private readonly scene: FaultScene,
  ) {
    this.board = new ProgressBoard(scene.producers, scene.consumers);
  }

  /**
   * Resolves when every fault has come and, but for a network that stays bad, is over.
   * @param startAt when the measured part began
   * @param sending resolves when everything is sent
   */
  async run(startAt: Nanoseconds, sending: Promise<unknown>): Promise<void> {
    let sent = false;
    const end = (): void => void (sent = true);
    sending.then(end, end);
    await Promise.all(
      this.faults.map(async (fault) => {
        if (await this.isTime(fault, startAt, () => sent)) await this.happen(fault);
        else if (!this.scene.aborted()) this.done.push({ fault, startedAt: undefined, endedAt: undefined });
      }),
    );
  }

  /** Does the faults of a queue that has been filled, one after the other. */
  async filled(): Promise<void> {
    for (const fault of this.faults) await this.happen(fault);
  }

  /** Ends what still lasts: for a run that is broken off, and for a network that stays bad. Never rejects. */
  async heal(): Promise<void> {
    const { proxy, clock } = this.scene;
    proxy?.delay(0);
    proxy?.throttle(undefined);
    const now = clock.now();
    for (const done of this.done) {
      // Nothing brings back whoever was killed.
      if (!isDeath(done.fault) && done.startedAt !== undefined) done.endedAt ??= now;
    }
    if (this.brokerTouched) await this.healBroker();
  }

  /** Brings the broker back, and waits until nothing is done to it any more. */
  private async healBroker(): Promise<void> {
    const { session } = this.scene;
    let isOver = false;
    const over = this.broker.then(() => void (isOver = true));
    try {
      // More than once: what was asked of the broker just before may only now come to pass.
      do {
        await session.server.faults?.recover();
        await Promise.race([over, sleep(lookEveryMs)]);
      } while (!isOver);
      if (this.brokerTouched) await session.endOutage();
    } catch (error) {
      trace(`the broker did not recover: ${String(error)}`);
    }
  }

  /** Waits for a fault's moment; false when the run is over before. */
  private async isTime(fault: Fault, startAt: Nanoseconds, sent: () => boolean): Promise<boolean> {
    const { clock, messages, durationSeconds, drainSeconds, deliveries, aborted } = this.scene;
    const { at } = fault;
    const byProducers = faultTraits[fault.do].of === 'producer';
    const seconds =
      at.kind === 'after'
        ? at.seconds
        : at.kind === 'share' && durationSeconds !== undefined
          ? at.share * durationSeconds
          : undefined;
    let received = -1;
    let lastMove = clock.now();
    while (!aborted()) {
      const now = clock.now();
      const progress = await this.board.look();
      if (seconds !== undefined) {
        if (now >= startAt + seconds * 1e9) return true;
      } else if (at.kind === 'share') {
        const so = byProducers ? progress.sent : progress.received / deliveries;
        if (so >= at.share * (messages ?? Infinity)) return true;
      }
      if (progress.received !== received || !sent() || this.lasts()) lastMove = now;
      received = progress.received;
      if (sent() && (progress.received >= progress.sent * deliveries || now - lastMove > drainSeconds * 1e9))
        return false;
      await sleep(lookEveryMs);
    }
    return false;
  }

  /** Whether something is away that will come back. */
  private lasts(): boolean {
    return this.done.some(({ fault, startedAt, endedAt }) => {
      if (startedAt === undefined || endedAt !== undefined) return false;
      if (isDeath(fault)) return fault.do === 'kill-consumer' && this.scene.revive !== undefined;
      return faultTraits[fault.do].of !== 'network' || fault.forSeconds !== undefined;
    });
  }

  private async happen(fault: Fault): Promise<void> {
    if (this.scene.aborted()) return;
    trace(`fault: ${faultText(fault)}`);
    switch (faultTraits[fault.do].of) {
      case 'consumer':
        return this.worker(fault, this.scene.consumers);
      case 'producer':
        return this.worker(fault, this.scene.producers);
      case 'network':
        return this.network(fault);
      case 'broker': {
        const mine = this.broker.then(() => this.toBroker(fault));
        this.broker = mine.catch(() => undefined);
        return mine;
      }
    }
  }

  private begin(fault: Fault): DoneFault {
    const done: DoneFault = { fault, startedAt: this.scene.clock.now(), endedAt: undefined };
    this.done.push(done);
    return done;
  }

  private async worker(fault: Fault, workers: readonly WorkerProcess[]): Promise<void> {
    const worker = workers[fault.worker ?? 0];
    if (worker === undefined) throw new Error(`there is no worker for ${faultText(fault)}`);
    if (worker.killed) {
      const missed = 'its process had been killed by then';
      this.done.push({ fault, startedAt: undefined, endedAt: undefined, missed });
      return;
    }
    const done = this.begin(fault);
    if (isDeath(fault)) {
      await worker.kill();
      if (fault.do === 'kill-consumer') await this.revive(fault, done);
      return;
    }
    const forMs = (fault.forSeconds ?? 0) * 1000;
    // Killed meanwhile, by another fault or at the end of a run that is broken off.
    await worker.request('freeze', { forMs }, forMs + answerMs).catch((error: unknown) => {
      if (!worker.killed && !this.scene.aborted()) throw error;
    });
    done.endedAt = this.scene.clock.now();
  }

  /** Where its subscription waits for it, a killed consumer comes back. */
  private async revive({ worker = 0, forSeconds = 0 }: Fault, done: DoneFault): Promise<void> {
    const { revive, aborted, clock } = this.scene;
    if (revive === undefined) return;
    await this.wait(forSeconds);
    if (aborted()) return;
    await revive(worker);
    done.endedAt = clock.now();
  }

  /** So long, unless the run is broken off. */
  private async wait(seconds: number): Promise<void> {
    const { clock, aborted } = this.scene;
    const until = clock.now() + seconds * 1e9;
    while (clock.now() < until && !aborted()) await sleep(lookEveryMs);
  }

  private async network(fault: Fault): Promise<void> {
    const { proxy, clock } = this.scene;
    if (proxy === undefined) throw new Error('a fault of the network without a proxy');
    const done = this.begin(fault);
    if (fault.do === 'cut-connection') {
      proxy.cut();
      done.endedAt = clock.now();
      return;
    }
    const delays = fault.do === 'delay';
    if (delays) proxy.delay((fault.latencySeconds ?? 0) * 1000);
    else proxy.throttle(fault.bytesPerSecond);
    if (fault.forSeconds === undefined) return;
    await this.wait(fault.forSeconds);
    if (delays) proxy.delay(0);
    else proxy.throttle(undefined);
    done.endedAt = clock.now();
  }

  private async toBroker(fault: Fault): Promise<void> {
    const { session, clock, aborted } = this.scene;
    // It waited for the fault before it.
    if (aborted()) return;
    const server = session.server.faults;
    if (server === undefined)
      throw new BrokerError(
        `The server of ${session.target.name} is not mqbench's own: ${fault.do} is beyond it.`,
        'other',
      );
    const forMs = (fault.forSeconds ?? 0) * 1000;
    this.brokerTouched = true;
    session.beginOutage();
    const done = this.begin(fault);
    if (fault.do === 'pause-broker') await server.pause(forMs);
    else await server.takeDown(fault.do === 'kill-broker' ? 'kill' : 'stop', forMs);
    await server.back();
    await session.endOutage();
    done.endedAt = clock.now();
    this.brokerTouched = false;
  }
}

interface Counts {
  readonly sent: number;
  readonly received: number;
}

/** The last that each worker said of its progress; one that sleeps or is dead holds nobody up. */
class ProgressBoard {
  private readonly last = new Map<WorkerProcess, Progress>();
  private readonly asked = new Set<WorkerProcess>();

  constructor(
    private readonly producers: readonly WorkerProcess[],
    private readonly consumers: readonly WorkerProcess[],
  ) {}

  async look(): Promise<Counts> {
    const asking = [...this.producers, ...this.consumers].flatMap((worker) => {
      if (worker.killed || this.asked.has(worker)) return [];
      this.asked.add(worker);
      return [
        worker.request('progress', {}, 0).then(
          (progress) => {
            this.last.set(worker, progress);
            this.asked.delete(worker);
          },
          () => this.asked.delete(worker),
        ),
      ];
    });
    await Promise.race([Promise.all(asking), sleep(lookEveryMs)]);
    const sum = (workers: readonly WorkerProcess[]): number =>
      workers.reduce((total, worker) => total + (this.last.get(worker)?.done.measure ?? 0), 0);
    return { sent: sum(this.producers), received: sum(this.consumers) };
  }
}
