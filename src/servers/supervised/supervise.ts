import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from './launch.js';
import { processIdentity, killMarked, signal, waitUntil } from './process.js';
import { isRoom, removeRoom } from './room.js';
import { afterStepMs, stopGraceMs, type Assignment, type Claim, type Order, type Report } from './supervision.js';

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
  /** Ends the server and removes its folder; bounded to stopGraceMs, the steps after it and some seconds. Idempotent. */
  stop(): Promise<void>;
  /** Leaves the server running when this process ends. stop() still works. */
  detach(): Promise<void>;
}

/** A supervisor that has no server yet, and answers for a folder already. */
export interface WaitingSupervisor {
  readonly child: ReturnType<typeof spawnSupervisor>;
  readonly pid: number;
  /** Resolves when the folder goes with this process, however that ends: it may be made now. */
  readonly claimed: Promise<void>;
  readonly exited: Promise<{ readonly clean: boolean }>;
}

function spawnSupervisor() {
  return spawn(process.execPath, [entry], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A session of its own, so that Ctrl-C on a terminal reaches neither it nor the server.
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
  });
}

/** Starts a supervisor for a server whose folder is still to be made: whoever makes one may be killed the moment after. */
export function startSupervisor(folder: string): WaitingSupervisor {
  const child = spawnSupervisor();
  const { pid } = child;
  if (pid === undefined) throw new Error('the supervisor of a local server could not be started');
  child.stdin.on('error', () => undefined);
  return {
    child,
    pid,
    claimed: new Promise((resolve) =>
      child.stdin.write(`${JSON.stringify({ folder } satisfies Claim)}\n`, () => resolve()),
    ),
    exited: new Promise((resolve) => child.once('exit', (code) => resolve({ clean: code === 0 }))),
  };
}

/** Ends a supervisor that gets no server; its folder goes. */
export async function dismiss({ child, exited }: WaitingSupervisor, folder: string): Promise<void> {
  child.stdin.end();
  await exited;
  await removeRoom(folder);
}

/** Gives a supervisor its assignment. */
export function supervise(
  assignment: Assignment,
  { child, pid, exited }: WaitingSupervisor = startSupervisor(assignment.folder),
): Supervised {
  const order = (what: Order) => child.stdin.write(`${what}\n`);

  let stopping: Promise<void> | undefined;
  const started = deferred<number>();
  const ended = deferred<Ending>();
  const detached = deferred<void>();
  let left = false;
  let cleaned: Promise<void> | undefined;
  let ending: Ending = { reason: 'its supervisor was killed', log: '' };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as Report;
    if (report.type === 'started') started.resolve(report.pid);
    else if (report.type === 'ended') ending = report;
    else detached.resolve();
  });
  void exited.then(async ({ clean }) => {
    // It has cleaned up after itself, unless it was killed.
    await (cleaned ??= cleanUp(assignment, clean ? [] : assignment.after));
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
        const timer = setTimeout(() => child.kill('SIGKILL'), endsWithinMs(assignment.after));
        const { clean } = await exited;
        clearTimeout(timer);
        await (cleaned ??= cleanUp(assignment, clean ? [] : assignment.after));
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
  /** What the supervisor runs once the server is gone, for when it no longer can. */
  readonly after: readonly Command[];
}

/**
 * Ends what `brokers up` left running; also what a killed supervisor left over. Bounded like Supervised.stop.
 * @param name what its room was named after; a folder that is no such room of ours is not removed
 */
export async function stopLeft(left: LeftSupervisor, name: string): Promise<void> {
  const alive = async () => (await processIdentity(left.pid)) === left.identity;
  let obeyed = false;
  if (await alive()) {
    signal(left.pid, 'SIGTERM');
    obeyed = await waitUntil(async () => !(await alive()), endsWithinMs(left.after));
    if (!obeyed) signal(left.pid, 'SIGKILL');
  }
  const mine = await isRoom(left.folder, name);
  // The room goes last: a supervisor that left it behind did not get to the end of its work.
  const after = obeyed && !mine ? [] : left.after;
  await cleanUp({ marker: left.marker, folder: mine ? left.folder : undefined }, after);
}

/** The longest that a supervisor needs after it was told to end, with some seconds for what it kills and removes. */
function endsWithinMs(after: readonly Command[]): number {
  return stopGraceMs + after.length * afterStepMs + 8_000;
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

/** Does what a supervisor did not come to. How the steps end changes nothing: the next thing to do is the same. */
async function cleanUp(
  what: { readonly marker: string; readonly folder: string | undefined },
  after: readonly Command[],
): Promise<void> {
  await killMarked(what.marker);
  for (const step of after) await run(step, what.folder);
  if (what.folder !== undefined) await removeRoom(what.folder);
}

async function run({ command, args, env }: Command, folder: string | undefined): Promise<void> {
  const cwd = folder !== undefined && existsSync(folder) ? folder : '/';
  const options = { cwd, env: { ...process.env, ...env }, timeout: afterStepMs, killSignal: 'SIGKILL' } as const;
  await promisify(execFile)(command, [...args], options).catch(() => undefined);
}
