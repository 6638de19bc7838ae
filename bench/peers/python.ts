/** Runs a Python client in mqbench's layout: one producer process, four consumer processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { consumers, inFlight, prefetch } from '../settings.js';

export interface PythonRun {
  readonly python: string;
  /** File name in bench/peers/python. */
  readonly script: string;
  readonly endpoint: Endpoint;
  readonly destination: string;
  readonly sizeBytes: number;
  /** RabbitMQ only: publisher confirms. */
  readonly confirms: boolean;
  readonly messages: number;
  readonly warmup: number;
}

interface Said {
  readonly ready?: true;
  readonly firstNs?: string;
  readonly received?: number;
  readonly lastNs?: string;
}

const patienceMs = 180_000;

class PythonPeer {
  private readonly child: ChildProcess;
  private readonly answers: Said[] = [];
  private waiting: ((said: Said) => void) | undefined;
  private failed: ((error: Error) => void) | undefined;
  private stderr = '';
  received = 0;
  lastNs = 0n;

  constructor(run: PythonRun, role: 'producer' | 'consumer') {
    const file = fileURLToPath(new URL(`../../bench/peers/python/${run.script}`, import.meta.url));
    this.child = spawn(run.python, [file], { stdio: 'pipe', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.stderr = (this.stderr + text).slice(-2_000)));
    this.child.stdin?.on('error', () => undefined);
    this.child.once('exit', (code) => {
      const last = this.stderr.trim().split('\n').at(-1) ?? '';
      this.failed?.(new Error(`${run.script} (${role}) ended with code ${code}: ${last}`));
    });
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const said = JSON.parse(line) as Said;
      if (said.received !== undefined) {
        this.received = said.received;
        this.lastNs = BigInt(said.lastNs ?? 0);
      } else if (this.waiting) {
        this.waiting(said);
        this.waiting = undefined;
      } else this.answers.push(said);
    });
    const { hostname, port, pathname } = new URL(run.endpoint.url);
    this.write({
      role,
      host: hostname,
      port: Number(port),
      vhost: decodeURIComponent(pathname.slice(1)) || '/',
      username: run.endpoint.username ?? '',
      password: run.endpoint.password ?? '',
      destination: run.destination,
      size: run.sizeBytes,
      confirms: run.confirms,
      inFlight,
      prefetch,
    });
  }

  private write(line: unknown): void {
    this.child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  next(): Promise<Said> {
    const answer = this.answers.shift();
    if (answer) return Promise.resolve(answer);
    return new Promise((resolve, reject) => {
      this.waiting = resolve;
      this.failed = reject;
    });
  }

  async send(messages: number): Promise<bigint> {
    this.write(messages);
    const { firstNs } = await this.next();
    return BigInt(firstNs ?? 0);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** Messages a second from the first send to the last receipt, after a warm-up. */
export async function runPython(run: PythonRun): Promise<number> {
  const receivers = Array.from({ length: consumers }, () => new PythonPeer(run, 'consumer'));
  const producer = new PythonPeer(run, 'producer');
  const received = (): number => receivers.reduce((sum, receiver) => sum + receiver.received, 0);
  const arrive = async (total: number): Promise<void> => {
    const end = Date.now() + patienceMs;
    while (received() < total) {
      if (Date.now() > end) throw new Error(`${run.script}: only ${received()} of ${total} messages arrived`);
      await sleep(5);
    }
  };
  try {
    await Promise.all([...receivers, producer].map((peer) => peer.next()));
    await producer.send(run.warmup);
    await arrive(run.warmup);
    const firstNs = await producer.send(run.messages);
    await arrive(run.warmup + run.messages);
    const last = receivers.map(({ lastNs }) => lastNs).reduce((a, b) => (a > b ? a : b));
    return run.messages / (Number(last - firstNs) / 1e9);
  } finally {
    await Promise.all([...receivers, producer].map((peer) => peer.end()));
  }
}
