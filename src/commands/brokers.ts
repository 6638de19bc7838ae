/** `mqbench brokers up|down|status|logs`: brokers that stay when mqbench ends. Each returns what goes to stdout. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import prettyMilliseconds from 'pretty-ms';
import { lock } from 'proper-lockfile';
import { BrokerError, InterruptedError, UsageError } from '../errors.js';
import { kindChooser } from '../servers/index.js';
import {
  answers,
  endLeft,
  leave,
  notAnswering,
  openRunningFolder,
  readLeft,
  runningFolder,
  stillRuns,
  type LeftServer,
} from '../servers/left.js';
import { serverIds, type ProgressSink, type ServerChoice, type ServerId } from '../servers/provider.js';
import { logTail } from '../servers/supervised/log.js';
import { startServer, type SupervisedServer } from '../servers/supervised/start.js';

export interface BrokersArgs {
  /** Names given on the command line; none means the three real brokers for `up`, and every one otherwise. */
  readonly targets: readonly string[];
  readonly server: ServerChoice;
  readonly json: boolean;
}

export interface BrokersContext {
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

/** A lock that has not been refreshed for this long belongs to a dead process, in milliseconds. */
const lockStaleMs = 15_000;

/**
 * Starts brokers and leaves them running: all that are named, or none of them.
 * @throws UsageError for a name that is no broker, BrokerError when one cannot be had, InterruptedError
 */
export async function brokersUp(args: BrokersArgs, context: BrokersContext): Promise<string> {
  if (args.server === 'endpoint') {
    throw new UsageError('`brokers up` starts brokers; one that you name with --server endpoint is never started.', {
      where: '--server endpoint',
      hint: 'Use --server auto, compose or local.',
    });
  }
  const ids = named(args.targets, ['rabbitmq', 'kafka', 'activemq']);
  await locked(ids, async () => {
    const kindOf = kindChooser(args.server);
    const logDir = join(runningFolder(process.env), 'logs');
    const outcomes = await Promise.allSettled(
      ids.map(async (id): Promise<LeftServer | SupervisedServer> => {
        const left = await readLeft(id, process.env);
        if (left !== undefined && (await stillRuns(left))) return fit(left, args.server);
        if (left !== undefined) await endLeft(left, process.env);
        await rm(join(logDir, `${id}.log`), { force: true });
        return startServer(await kindOf(id), { ...context, logDir });
      }),
    );
    const got = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined || context.signal.aborted) {
      await Promise.all(got.flatMap((server) => ('stop' in server ? [server.stop()] : [])));
      throw failed === undefined ? new InterruptedError() : failed.reason;
    }
    await Promise.all(
      got.flatMap((server, at) => ('stop' in server ? [leave(ids[at] ?? 'memory', server, process.env)] : [])),
    );
  });
  const statuses = await Promise.all(ids.map(statusOf));
  if (args.json) return json(statuses);
  return `${table(statuses)}\n\`mqbench run\` uses them by itself. \`mqbench brokers down\` ends them.\n`;
}

/** One that runs already, where it is what was asked for; one that merely does not answer now is never ended for it. */
async function fit(left: LeftServer, choice: ServerChoice): Promise<LeftServer> {
  // There is but one way to the embedded broker.
  if (choice !== 'auto' && left.provider !== choice && left.id !== 'memory') {
    throw new UsageError(`${left.product} runs already, and was started with --server ${left.provider}.`, {
      where: `--server ${choice}`,
      hint: `Run \`mqbench brokers down ${left.id}\` first.`,
    });
  }
  if (!(await answers(left))) throw notAnswering(left);
  return left;
}

/** Ends what `brokers up` left; a process that merely has the same id is never touched. */
export async function brokersDown(args: BrokersArgs, _context: BrokersContext): Promise<string> {
  const ids = named(args.targets, serverIds);
  const ended = await locked(ids, async () => {
    const lefts = await Promise.all(ids.map((id) => readLeft(id, process.env)));
    await Promise.all(lefts.flatMap((left) => (left === undefined ? [] : [endLeft(left, process.env)])));
    return lefts.flatMap((left) => (left === undefined ? [] : [left.id]));
  });
  if (args.json) return json({ ended });
  return ended.length === 0 ? 'Nothing was running.\n' : `Ended: ${ended.join(', ')}.\n`;
}

/** What runs, where, and for how long. Addresses are without credentials. */
export async function brokersStatus(args: BrokersArgs, _context: BrokersContext): Promise<string> {
  const statuses = await Promise.all(named(args.targets, serverIds).map(statusOf));
  return args.json ? json(statuses) : table(statuses);
}

/** The end of each broker's log, also of one that has ended. */
export async function brokersLogs(args: BrokersArgs, _context: BrokersContext): Promise<string> {
  const ids = named(args.targets, serverIds);
  const logs = await Promise.all(
    ids.map(async (id) => [id, await logTail(join(runningFolder(process.env), 'logs', `${id}.log`))] as const),
  );
  const written = logs.filter(([, log]) => log !== '');
  if (args.json) return json(Object.fromEntries(written));
  if (written.length === 0) return 'There are no logs: `mqbench brokers up` has not started any of them.\n';
  return written.map(([id, log]) => `==> ${id} <==\n${log.trimEnd()}\n`).join('\n');
}

interface Status {
  readonly target: ServerId;
  readonly state: 'running' | 'not answering' | 'ended' | 'not running';
  readonly provider?: string;
  readonly product?: string;
  readonly version?: string;
  readonly url?: string;
  readonly managementUrl?: string;
  readonly pids?: readonly number[];
  readonly uptimeSeconds?: number;
  readonly versionWarning?: string;
  readonly logFile?: string;
}

async function statusOf(id: ServerId): Promise<Status> {
  const left = await readLeft(id, process.env);
  if (left === undefined) return { target: id, state: 'not running' };
  const runs = await stillRuns(left);
  return {
    target: id,
    state: !runs ? 'ended' : (await answers(left)) ? 'running' : 'not answering',
    provider: left.provider,
    product: left.product,
    version: left.version,
    url: left.endpoint.url,
    ...(left.endpoint.managementUrl === undefined ? {} : { managementUrl: left.endpoint.managementUrl }),
    pids: left.pids,
    ...(runs ? { uptimeSeconds: Math.round((Date.now() - Date.parse(left.startedAt)) / 1000) } : {}),
    ...(left.versionWarning === undefined ? {} : { versionWarning: left.versionWarning }),
    ...(left.logFile === undefined ? {} : { logFile: left.logFile }),
  };
}

function table(statuses: readonly Status[]): string {
  const rows = [
    ['BROKER', 'STATE', 'WAY', 'VERSION', 'ADDRESS', 'PID', 'UP FOR'],
    ...statuses.map((status) => [
      status.target,
      status.state,
      status.provider ?? '',
      status.version ?? '',
      status.url ?? '',
      status.pids?.join(' ') ?? '',
      status.uptimeSeconds === undefined ? '' : prettyMilliseconds(Math.max(1, status.uptimeSeconds) * 1000),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const warnings = statuses.flatMap((status) => (status.versionWarning === undefined ? [] : [status.versionWarning]));
  return `${[...lines, ...warnings.map((warning) => `Note: ${warning}.`)].join('\n')}\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function named(targets: readonly string[], otherwise: readonly ServerId[]): ServerId[] {
  const unknown = targets.filter((name) => !(serverIds as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`mqbench has no broker of its own called ${unknown.join(', ')}.`, {
      where: 'mqbench brokers',
      hint: `There are ${serverIds.join(', ')}.`,
    });
  }
  return targets.length === 0 ? [...otherwise] : serverIds.filter((id) => targets.includes(id));
}

/** One `brokers up` or `brokers down` at a time for each broker. */
async function locked<T>(ids: readonly ServerId[], work: () => Promise<T>): Promise<T> {
  const folder = await openRunningFolder(process.env);
  const releases: (() => Promise<void>)[] = [];
  try {
    for (const id of ids) {
      try {
        // Makes a folder `ID.lock` beside what it is told to lock, which need not exist.
        releases.push(await lock(join(folder, id), { realpath: false, stale: lockStaleMs }));
      } catch (error) {
        throw new BrokerError(`Another \`mqbench brokers\` is at work on ${id}.`, 'other', {
          where: folder,
          hint: 'Wait until it is done, then try again.',
          cause: error,
        });
      }
    }
    return await work();
  } finally {
    await Promise.all(releases.map((release) => release().catch(() => undefined)));
  }
}
