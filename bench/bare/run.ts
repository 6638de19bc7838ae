/** Runs a bare loop in the layout that mqbench uses: one producer process, four consumer processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { consumers } from '../settings.js';
import type { Count, FromBare, Start, ToBare } from './worker.js';

class BareProcess {
  private readonly child: ChildProcess;
  private waiting: ((message: FromBare) => void) | undefined;
  count: Count = { received: 0, lastNs: 0n };

  constructor(start: Start) {
    this.child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [], { serialization: 'advanced' });
    this.child.on('message', (message: FromBare) => {
      if ('count' in message) this.count = message.count;
      else this.waiting?.(message);
    });
    this.child.send({ start } satisfies ToBare);
  }

  next(): Promise<FromBare> {
    return new Promise((resolve, reject) => {
      this.waiting = resolve;
      this.child.once('exit', (code) => reject(new Error(`a bare process ended with code ${code}`)));
    });
  }

  send(messages: number): Promise<FromBare> {
    const answer = this.next();
    this.child.send({ send: messages } satisfies ToBare);
    return answer;
  }

  end(): void {
    this.child.removeAllListeners('exit');
    this.child.kill('SIGKILL');
  }
}

/**
 * Unique messages a second from the first send to the last receipt, after a warm-up.
 * @param warmup messages sent and received before
 */
export async function runBare(base: Omit<Start, 'role'>, messages: number, warmup: number): Promise<number> {
  const receivers = Array.from({ length: consumers }, () => new BareProcess({ ...base, role: 'consumer' }));
  const producer = new BareProcess({ ...base, role: 'producer' });
  const all = [...receivers, producer];
  const received = (): number => receivers.reduce((sum, r) => sum + r.count.received, 0);
  const arrive = async (total: number): Promise<void> => {
    const end = Date.now() + 120_000;
    while (received() < total) {
      if (Date.now() > end) throw new Error(`only ${received()} of ${total} messages arrived`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  try {
    await Promise.all(all.map((process) => process.next()));
    await producer.send(warmup);
    await arrive(warmup);
    const answer = await producer.send(messages);
    await arrive(warmup + messages);
    if (!('sent' in answer)) throw new Error('the producer answered something else');
    const last = receivers.map((r) => r.count.lastNs).reduce((a, b) => (a > b ? a : b));
    return messages / (Number(last - answer.sent.firstNs) / 1e9);
  } finally {
    for (const process of all) process.end();
  }
}
