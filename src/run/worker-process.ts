/** How a worker is reached: a forked process of this machine. Nothing outside this file knows that. */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BrokerError, deserializeError, serializeError, systemError } from '../errors.js';
import { trace } from '../trace.js';
import type { EventMessage, FromWorker, Requests, RequestType } from './protocol.js';

/** Always the compiled entry: a fork cannot run TypeScript. */
const entry = fileURLToPath(new URL('../../dist/run/worker.js', import.meta.url));

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Default bound on an answer, in milliseconds; connecting and readiness have tighter ones of their own. */
const answerTimeoutMs = 60_000;
/** How long a closed worker may take to end before it is killed. */
const exitTimeoutMs = 10_000;
const logHint = "Look at its log in the result's folder; the system ends processes when memory runs out.";

export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private closing = false;
  private dead = false;
  private readonly exit: Promise<void>;
  /** How it ended, unasked or not. */
  private end: BrokerError | undefined;

  /**
   * @param name shown in errors, e.g. `consumer 2`
   * @param onEvent what the worker says unasked; its unexpected end arrives as `lost`
   * @param logFile takes whatever the worker prints
   * @param env on top of our own environment
   */
  constructor(
    readonly name: string,
    private readonly onEvent: (event: EventMessage) => void,
    logFile: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    const log = openSync(logFile, 'a', 0o600);
    try {
      this.child = fork(entry, [], {
        serialization: 'advanced',
        execArgv: [],
        env: { ...process.env, ...env },
        stdio: ['ignore', log, log, 'ipc'],
      });
    } finally {
      closeSync(log);
    }
    trace(`${name}: process ${this.child.pid ?? 'not started'}`);
    this.child.on('message', (message) => this.receive(message as FromWorker));
    this.exit = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.ended(`could not run: ${error.message}`, systemError(error)?.details.hint);
        // Where no process could be started (EAGAIN, EMFILE) there is none to exit, and Node never says so.
        if (this.child.pid === undefined) resolve();
      });
      this.child.once('exit', (code, signal) => {
        this.ended(signal === null ? `ended with code ${code ?? 'unknown'}` : `was killed by ${signal}`);
        trace(`${name}: ended, ${signal ?? `code ${code ?? 'unknown'}`}`);
        resolve();
      });
    });
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /**
   * Asks and waits for the answer.
   * @param timeoutMs 0 waits without bound, for answers that end by themselves
   * @throws whatever the worker met; BrokerError `lost` when it is gone
   */
  request<T extends RequestType>(
    type: T,
    ask: Requests[T]['ask'],
    timeoutMs = answerTimeoutMs,
  ): Promise<Requests[T]['answer']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const gone = (): BrokerError => this.end ?? new BrokerError(`${this.name} is gone.`, 'lost', { hint: logHint });
      if (!this.child.connected) {
        // Node says a moment later why a process could not be started.
        if (this.child.pid === undefined) void this.exit.then(() => reject(gone()));
        else reject(gone());
        return;
      }
      // Asked again and again while a part lasts.
      if (type !== 'progress') trace(`${this.name}: ${type}`);
      const timer =
        timeoutMs === 0
          ? undefined
          : setTimeout(() => {
              this.pending.delete(id);
              reject(
                new BrokerError(`${this.name} did not answer "${type}" within ${timeoutMs / 1000} s.`, 'timeout', {
                  hint: "Look whether the broker still answers, and at this worker's log in the result's folder logs/. An adapter of your own has to keep the time limits that it is given.",
                }),
              );
            }, timeoutMs);
      this.pending.set(id, { resolve: (answer) => resolve(answer as Requests[T]['answer']), reject, timer });
      // It died a moment ago, and Node has not said so yet: the pipe is broken (EPIPE) while `connected` still holds.
      this.child.send({ id, type, ask }, (error) => {
        if (error) this.settle(id, (p) => p.reject(gone()));
      });
    });
  }

  private settle(id: number, how: (pending: Pending) => void): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    clearTimeout(pending.timer);
    how(pending);
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case 'answer':
        this.settle(message.id, (p) => p.resolve(message.answer));
        break;
      case 'error':
        this.settle(message.id, (p) => p.reject(deserializeError(message.error)));
        break;
      case 'lost':
      case 'blocked':
      case 'incident':
      case 'printed':
      case 'reconnected':
        if (!this.closing) this.onEvent(message);
        break;
    }
  }

  private ended(how: string, hint = logHint): void {
    const error = new BrokerError(`${this.name} ${how}.`, 'lost', { hint });
    this.end ??= error;
    if (!this.closing) this.onEvent({ type: 'lost', error: serializeError(error) });
    for (const id of [...this.pending.keys()]) this.settle(id, (p) => p.reject(error));
  }

  /** Ends the worker in good order; kills it when that takes too long. Never rejects. */
  async close(): Promise<void> {
    this.closing = true;
    const kill = setTimeout(() => this.child.kill('SIGKILL'), exitTimeoutMs);
    try {
      if (this.child.connected) await this.request('close', {}, exitTimeoutMs);
    } catch {
      this.child.kill('SIGKILL');
    }
    await this.exit;
    clearTimeout(kill);
  }

  /** Ends the worker at once. */
  async kill(): Promise<void> {
    this.closing = this.dead = true;
    this.child.kill('SIGKILL');
    await this.exit;
  }

  /** Whether {@link WorkerProcess.kill} was called. */
  get killed(): boolean {
    return this.dead;
  }
}
