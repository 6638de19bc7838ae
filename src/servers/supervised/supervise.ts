import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { processIdentity, killMarked, signal, waitUntil } from './process.js';
import { removeRoom } from './room.js';
import { stopGraceMs, type Assignment, type Order, type Report } from './supervision.js';

/** From src/ and dist/ alike: a forked process must be compiled. */
const entry = fileURLToPath(new URL('../../../dist/servers/supervised/supervisor.js', import.meta.url));

/** How a server ended. */
export interface Ending {
  readonly reason: string;
  /** The end of its log. */
  readonly log: string;
}

/** A server under its supervisor, as seen by whoever started it. */
export interface Supervised {
  readonly supervisorPid: number;
  /** Resolves with the server's process id once it is started; never when a step before it fails. */
  readonly started: Promise<number>;
  /** Resolves when the server has ended unasked and its folder is gone; never after stop(). */
  readonly ended: Promise<Ending>;
  /** Ends the server and removes its folder; bounded to stopGraceMs and some seconds. Idempotent. */
  stop(): Promise<void>;
  /** Leaves the server running when this process ends. stop() still works. */
  detach(): Promise<void>;
}

/** Starts a supervisor on an assignment. */
export function supervise(assignment: Assignment): Supervised {
  const child = spawn(process.execPath, [entry], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A session of its own, so that Ctrl-C on a terminal reaches neither it nor the server.
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('the supervisor of a local server could not be started');
  child.stdin.on('error', () => undefined);
  const order = (what: Order) => child.stdin.write(`${what}\n`);

  let stopping: Promise<void> | undefined;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const started = deferred<number>();
  const ended = deferred<Ending>();
  const detached = deferred<void>();
  let left = false;
  let ending: Ending = { reason: 'its supervisor was killed', log: '' };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as Report;
    if (report.type === 'started') started.resolve(report.pid);
    else if (report.type === 'ended') ending = report;
    else detached.resolve();
  });
  void exited.then(async () => {
    // It has cleaned up after itself, unless it was killed.
    await cleanUp(assignment);
    if (stopping === undefined) ended.resolve(ending);
  });
  child.stdin.write(`${JSON.stringify(assignment)}\n`);

  return {
    supervisorPid: pid,
    started: started.promise,
    ended: ended.promise,
    stop() {
      stopping ??= (async () => {
        if (left) child.kill('SIGTERM');
        else {
          order('stop');
          child.stdin.end();
        }
        const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs + 8_000);
        await exited;
        clearTimeout(timer);
        await cleanUp(assignment);
      })();
      return stopping;
    },
    async detach() {
      order('detach');
      await Promise.race([detached.promise, exited]);
      left = true;
      child.stdin.destroy();
      child.stdout.destroy();
      child.unref();
    },
  };
}

/** A supervisor that another mqbench left running, told apart from any stranger by its start time. */
export interface LeftSupervisor {
  readonly pid: number;
  readonly identity: string;
  readonly folder: string;
  readonly marker: string;
}

/** Ends what `brokers up` left running; also what a killed supervisor left over. Bounded like Supervised.stop. */
export async function stopLeft(left: LeftSupervisor): Promise<void> {
  const alive = async () => (await processIdentity(left.pid)) === left.identity;
  if (await alive()) {
    signal(left.pid, 'SIGTERM');
    if (!(await waitUntil(async () => !(await alive()), stopGraceMs + 8_000))) signal(left.pid, 'SIGKILL');
  }
  await cleanUp(left);
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

async function cleanUp(what: { readonly marker: string; readonly folder: string }): Promise<void> {
  await killMarked(what.marker);
  await removeRoom(what.folder);
}
