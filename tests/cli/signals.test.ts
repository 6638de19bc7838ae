/**
 * Signals at drawn moments of a run: whatever it was doing, nothing may be left but a result where a run had begun.
 * A handful of moments by default; MQBENCH_TEST_LONG=1 for fifty. MQBENCH_TEST_SEED fixes the moments.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { readResult } from '../../src/results/store.js';
import { Mqbench } from './mqbench.js';
import { type OpenBroker, openBroker } from './open-broker.js';
import { Descendants } from './processes.js';
import { destinationsOn } from './destinations.js';

const long = process.env['MQBENCH_TEST_LONG'] === '1';
const seed = Number(process.env['MQBENCH_TEST_SEED'] ?? '1');
/** Everything has to be gone so soon after the command has ended, in milliseconds. */
const goneWithinMs = 10_000;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;
type Signal = (typeof signals)[number];

let folder: string;
let broker: OpenBroker;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-signals-'));
  broker = await openBroker();
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Moment {
  readonly signal: Signal;
  readonly afterMs: number;
  /** To every process of the group, as a terminal does for Ctrl-C and timeout(1) for SIGTERM, or to mqbench alone. */
  readonly group: boolean;
  /** A second one, so long after mqbench has said that it is stopping, in milliseconds. */
  readonly againAfterMs?: number;
}

/** The moments lie all over a run of some seconds, its start and its end included. */
function drawMoments(count: number, withinMs: number): Moment[] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: count }, (_, n) => {
    const signal = signals[n % signals.length] ?? 'SIGINT';
    const afterMs = uniformInt(random, 0, withinMs);
    return { signal, afterMs, group: signal !== 'SIGKILL' && uniformInt(random, 0, 1) === 1 };
  });
}

let attempts = 0;

interface Attempt {
  readonly moment: Moment;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** A first run only warms the server up, and leaves nothing. */
  readonly discards?: boolean;
}

/** Starts a run, sends the signal when the time has come, and expects that nothing is left. */
async function strike({ moment, args, env = {}, discards = false }: Attempt): Promise<void> {
  const home = join(folder, String(++attempts));
  const temporary = join(home, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const command = new Mqbench([...args, '--out', join(home, 'out')], {
    cwd: home,
    env: { TMPDIR: temporary, ...env },
    ownGroup: true,
  });
  const pid = command.child.pid ?? 0;
  const descendants = new Descendants(pid);
  const exit = new Promise<NodeJS.Signals | number | null>((resolve) =>
    command.child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  await Promise.race([sleep(moment.afterMs), exit]);
  let begun = false;
  if (command.child.exitCode === null) {
    // Nothing may be started between the look and the signal.
    command.child.kill('SIGSTOP');
    // The control connection's worker and at least one of the run's.
    const counts = !discards || command.stderr.includes('discarded');
    const running = descendants.look();
    begun = counts && running.filter((line) => line.includes('run/worker.js')).length > 1;
    process.kill(moment.group ? -pid : pid, moment.signal);
    if (moment.signal !== 'SIGKILL') command.child.kill('SIGCONT');
  }
  if (moment.againAfterMs !== undefined) {
    await Promise.race([command.says(/stopping and cleaning up/).catch(() => undefined), exit]);
    await Promise.race([sleep(moment.againAfterMs), exit]);
    if (command.child.exitCode === null) process.kill(moment.group ? -pid : pid, moment.signal);
  }
  const watch = setInterval(() => descendants.look(), 100);
  const how = await exit;
  clearInterval(watch);

  const told = `${moment.signal} after ${moment.afterMs} ms (seed ${seed}): ended with ${String(how)}\n${command.stderr}`;
  expect(await descendants.gone(goneWithinMs), told).toEqual([]);
  const wanted = join(home, 'out');
  // Before its first line of code ran, node ends as any process does; after the last one the signal finds it done.
  const early = how === moment.signal && command.stderr === '';
  const late = how === 0 && command.stdout.includes('report.html');
  // Node takes its handlers away as it ends: the second signal then finds everything done and said.
  const said = command.stdout.includes('Interrupted: ') || command.stderr.includes('mqbench: Interrupted.');
  const done = moment.againAfterMs !== undefined && said;
  if (moment.signal !== 'SIGKILL' && !early && !late) expect(done && how === moment.signal ? 130 : how, told).toBe(130);
  expect(command.stderr, told).not.toMatch(/bug in mqbench|^ +at /m);
  expect(
    readdirSync(home).filter((name) => name !== 'tmp' && name !== 'out'),
    told,
  ).toEqual([]);
  expect(readdirSync(temporary), told).toEqual([]);
  if (begun || late) expect(existsSync(wanted), told).toBe(true);
  if (existsSync(wanted)) {
    expect(readdirSync(wanted), told).not.toContain('progress.json');
    const result = await readResult(wanted);
    const atOnce = moment.signal === 'SIGKILL' || moment.againAfterMs !== undefined;
    if (atOnce && result.partial) expect(result.partialReason, told).toMatch(/killed|^interrupted$/);
    else if (result.partial) expect(result.partialReason, told).toBe('interrupted');
  }
  rmSync(home, { recursive: true, force: true });
}

const named = (moment: Moment) => ({
  what: `${moment.signal}${moment.group ? ' to the group' : ''} after ${moment.afterMs} ms`,
  moment,
});

describe('on the embedded broker', () => {
  // Two cells, so that there is a first, a between and a second; then the plots.
  const args = ['run', '--target', 'memory', '--size', '100B,1KB', '--duration', '1s', '--warmup', '500ms'];
  const brief = [...args, '--repetitions', '1'];

  // Half of them, and of each signal, on a server of its own: then there is a server to be left.
  const own = (n: number): boolean => (n % 4 === 0 || n % 4 === 3) === (Math.floor(n / 4) % 2 === 0);
  const struck = drawMoments(long ? 50 : 4, long ? 9_000 : 6_000).map((moment, n) => ({
    ...named(moment),
    own: own(n),
  }));

  it.each(struck)('$what, server of its own: $own', { timeout: 120_000 }, async ({ moment, own }) => {
    if (own) await strike({ moment, args: brief });
    else {
      await strike({ moment, args: brief, env: { MQBENCH_MEMORY_URL: broker.url } });
      await expect.poll(() => broker.queues(), { timeout: goneWithinMs }).toEqual([]);
      await expect.poll(() => broker.connections(), { timeout: goneWithinMs }).toBe(0);
    }
  });
});

describe('a second one while mqbench is stopping', () => {
  const args = ['run', '--target', 'memory', '--size', '100B', '--duration', '30s', '--warmup', '0s'];
  const [first, ...later] = [0, 50, 200, 500].map((againAfterMs, n): Moment => ({
    signal: n % 2 === 0 ? 'SIGINT' : 'SIGTERM',
    // In the measured part, when there is most to be left.
    afterMs: 4_000 + 500 * n,
    group: n % 2 === 0,
    againAfterMs,
  }));
  const moments = [first, ...(long ? later : later.slice(0, 1))].flatMap((moment) => moment ?? []);

  it.each(moments.map((moment) => ({ ...named(moment), againAfterMs: moment.againAfterMs })))(
    '$what, and again $againAfterMs ms later, leaves nothing',
    { timeout: 120_000 },
    async ({ moment }) => {
      await strike({ moment, args });
      await strike({ moment, args, env: { MQBENCH_MEMORY_URL: broker.url } });
      await expect.poll(() => broker.connections(), { timeout: goneWithinMs }).toBe(0);
      await expect.poll(() => broker.queues(), { timeout: goneWithinMs }).toEqual([]);
    },
  );
});

// One broker beside the other.
describe.concurrent.each(['rabbitmq', 'kafka', 'activemq'] as const)('on %s', (id) => {
  const args = ['run', '--target', id, '--size', '100B', '--duration', '30s', '--warmup', '1s', '--repetitions', '1'];
  const addressOf = ({ url, username, password }: Endpoint): string =>
    username === undefined || password === undefined
      ? url
      : url.replace('://', `://${encodeURIComponent(username)}:${encodeURIComponent(password)}@`);

  it.sequential.for(
    drawMoments(long ? 8 : 1, 4_000).map(({ afterMs, group }, n) => {
      // SIGKILL to all processes at once leaves none to clean up: a known limit.
      const killed = (n + id.length) % 2 !== 0;
      return named({ signal: killed ? 'SIGKILL' : 'SIGINT', group: group && !killed, afterMs: afterMs + 2_000 });
    }),
  )('$what leaves no queue, topic or group', { timeout: 180_000 }, async ({ moment }, { expect: expects }) => {
    const server = inject('servers')[id];
    if (!('endpoint' in server)) return expect(process.env['CI']).not.toBe('true');
    const before = await destinationsOn(id, server.endpoint);
    await strike({ moment, args, env: { [`MQBENCH_${id.toUpperCase()}_URL`]: addressOf(server.endpoint) } });
    // Other tests come and go on the same broker: what is new now has to go, what comes later is theirs.
    const fresh = (await destinationsOn(id, server.endpoint)).filter((name) => !before.includes(name));
    const left = async () => (await destinationsOn(id, server.endpoint)).filter((name) => fresh.includes(name));
    await expects.poll(left, { timeout: 60_000, interval: 500 }).toEqual([]);
  });

  it.sequential.for(long ? drawMoments(4, 12_000).map(named) : [])(
    'with a server of its own: $what',
    { timeout: 180_000 },
    async ({ moment }) => {
      if (!('endpoint' in inject('servers')[id])) return expect(process.env['CI']).not.toBe('true');
      await strike({ moment, args: [...args, '--server', 'local'], discards: id !== 'rabbitmq' });
    },
  );
});
