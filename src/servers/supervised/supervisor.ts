/**
 * The process between mqbench and one local server, in a session of its own. It starts the server, and ends it and
 * removes its folder when told to, when the server ends, or when the pipe to its starter closes, which the operating
 * system does even if the starter is killed with SIGKILL.
 *
 * Entry point of a process: see supervision.ts for what goes in and out.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.js';
import type { Command } from './launch.js';
import { logTail } from './log.js';
import { killMarked, markerVariable, signal } from './process.js';
import { removeRoom } from './room.js';
import {
  afterStepMs,
  orderFile,
  orphanGraceMs,
  stateFile,
  stopGraceMs,
  type Assignment,
  type Claim,
  type Order,
  type OutageOrder,
  type OutageState,
  type Report,
} from './supervision.js';

const children = new Set<ChildProcess>();
let claim: Claim | undefined;
let assignment: Assignment | undefined;
let server: ChildProcess | undefined;
let log: number | undefined;
let detached = false;
let ending: Promise<void> | undefined;
/** What is being done to the server on purpose; `cut` ends it early. */
let outage: { readonly what: 'down' | 'pause'; readonly forMs: number; readonly cut: AbortController } | undefined;
let lastOrder = '';

function report(what: Report): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Starts a command in a process group of its own; its stdin stays open as long as this process lives. */
function start(command: Command, to: Assignment): ChildProcess {
  // Once: the folder that it lies in may have another name when the last step runs.
  log ??= openSync(to.logFile, 'a', 0o600);
  const child = spawn(command.command, command.args, {
    cwd: to.folder,
    env: { ...command.env, [markerVariable]: to.marker },
    stdio: ['pipe', log, log],
    detached: true,
  });
  children.add(child);
  child.stdin?.on('error', () => undefined);
  return child;
}

/** Resolves with how a child ended, in words. */
async function endOf(child: ChildProcess): Promise<string> {
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  } catch (error) {
    return messageOf(error);
  } finally {
    children.delete(child);
  }
  return child.signalCode === null ? `exit code ${child.exitCode}` : `killed by ${child.signalCode}`;
}

async function run(to: Assignment): Promise<void> {
  for (const command of to.before) {
    const step = start(command, to);
    const end = await endOf(step);
    if (ending !== undefined) return;
    if (step.exitCode !== 0) return finish(`a step before the start failed (${end})`);
  }
  for (const command of to.beside) void endOf(start(command, to));
  for (;;) {
    server = start(to.server, to);
    if (server.pid !== undefined) report({ type: 'started', pid: server.pid });
    state('up');
    const end = await endOf(server);
    if (ending !== undefined) return;
    if (outage?.what !== 'down') return finish(end);
    state('down');
    await sleep(outage.forMs, undefined, { signal: outage.cut.signal }).catch(() => undefined);
    outage = undefined;
    if (ending !== undefined) return;
  }
}

function state(phase: OutageState['phase']): void {
  if (assignment === undefined || server?.pid === undefined) return;
  const file = join(assignment.folder, stateFile);
  const now: OutageState = { order: lastOrder, phase, pid: server.pid };
  writeFileSync(`${file}.tmp`, JSON.stringify(now), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** Does what the order file says; what is being done already ends first. */
async function obey(to: Assignment): Promise<void> {
  if (ending !== undefined) return;
  const order = JSON.parse(readFileSync(join(to.folder, orderFile), 'utf8')) as OutageOrder;
  lastOrder = order.id;
  outage?.cut.abort();
  switch (order.do) {
    case 'recover':
      return;
    case 'down':
      outage = { what: 'down', forMs: order.downMs, cut: new AbortController() };
      state('ending');
      if (order.how === 'SIGKILL' && to.reach !== undefined) await endOf(start(to.reach.kill, to));
      else await endServer(order.how);
      return;
    case 'pause':
      return pause(to, order.forMs);
  }
}

async function endServer(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const ended = server;
  if (ended?.pid === undefined) return;
  signal(how === 'SIGKILL' ? -ended.pid : ended.pid, how);
  if (how === 'SIGKILL') return;
  await sleep(stopGraceMs);
  if (ended.exitCode === null && ended.signalCode === null) signal(-ended.pid, 'SIGKILL');
}

async function pause(to: Assignment, forMs: number): Promise<void> {
  const mine = { what: 'pause' as const, forMs, cut: new AbortController() };
  outage = mine;
  await stopOrContinue(to, 'SIGSTOP');
  state('paused');
  await sleep(forMs, undefined, { signal: mine.cut.signal }).catch(() => undefined);
  await stopOrContinue(to, 'SIGCONT');
  if (outage !== mine || ending !== undefined) return;
  outage = undefined;
  state('up');
}

async function stopOrContinue(to: Assignment, how: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  if (to.reach !== undefined) await endOf(start(how === 'SIGSTOP' ? to.reach.pause : to.reach.resume, to));
  else if (server?.pid !== undefined) signal(-server.pid, how);
}

/** The server ended without being asked. */
async function finish(reason: string): Promise<void> {
  report({
    type: 'ended',
    reason,
    log: assignment === undefined ? '' : await logTail(assignment.logFile, assignment.logFrom),
  });
  await end(0);
}

/** SIGTERM for the server, after the grace time SIGKILL for everything, then the folder goes, then we. */
function end(graceMs: number): Promise<void> {
  ending ??= (async () => {
    // One that is stopped hears no SIGTERM.
    outage?.cut.abort();
    if (outage?.what === 'pause' && assignment !== undefined) await stopOrContinue(assignment, 'SIGCONT');
    if (server?.pid !== undefined && server.exitCode === null && server.signalCode === null && graceMs > 0) {
      const gone = once(server, 'exit');
      signal(server.pid, 'SIGTERM');
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, graceMs))]);
    }
    for (const child of children) if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
    if (assignment !== undefined) {
      await killMarked(assignment.marker);
      for (const command of assignment.after) await lastStep(command, assignment);
    }
    if (claim !== undefined) await removeRoom(claim.folder);
    process.exit(0);
  })();
  return ending;
}

/** A step after the server's end. How it ends changes nothing: there is nobody left who could do better. */
async function lastStep(command: Command, to: Assignment): Promise<void> {
  const step = start(command, to);
  const timer = setTimeout(() => step.pid !== undefined && signal(-step.pid, 'SIGKILL'), afterStepMs);
  await endOf(step);
  clearTimeout(timer);
}

// Whoever reads our reports may be gone.
process.stdout.on('error', () => undefined);
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => void end(stopGraceMs));

process.on('SIGUSR2', () => {
  // What cannot be read or done leaves the server as it is; whoever ordered it waits in vain, and says so.
  if (assignment !== undefined) obey(assignment).catch((error: unknown) => process.emitWarning(messageOf(error)));
});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (claim === undefined) {
    claim = JSON.parse(line) as Claim;
    return;
  }
  if (assignment === undefined) {
    assignment = JSON.parse(line) as Assignment;
    run(assignment).catch((error: unknown) => finish(messageOf(error)));
    return;
  }
  const order = line as Order;
  if (order === 'stop') void end(stopGraceMs);
  if (order === 'detach') {
    detached = true;
    report({ type: 'detached' });
  }
});
lines.on('close', () => {
  if (!detached) void end(orphanGraceMs);
});
