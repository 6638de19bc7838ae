/**
 * The compose way with a stand-in for the docker command (tests/fixtures/docker): the command lines, how their output
 * is read, what is said when they fail, and that what was started is ended. Whether the images work is not tested here.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { brokersDown, brokersStatus, brokersUp } from '../../src/commands/brokers.js';
import type { BrokerError } from '../../src/errors.js';
import type { Target } from '../../src/scenario/types.js';
import { missingEngine } from '../../src/servers/compose/engine.js';
import { composeFile, imageOf } from '../../src/servers/compose/file.js';
import { acquireServers } from '../../src/servers/index.js';
import { contextWith, listens } from './helpers.js';

const target: Target = { name: 'rabbitmq', adapter: 'rabbitmq', server: 'rabbitmq', url: undefined, options: {} };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-test & |:-'));
  const fixture = fileURLToPath(new URL('../fixtures/docker', import.meta.url));
  vi.stubEnv('PATH', [fixture, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter));
  vi.stubEnv('FAKE_DOCKER_LOG', join(folder, 'commands'));
  vi.stubEnv('MQBENCH_CACHE', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const commands = (): string[] =>
  existsSync(join(folder, 'commands')) ? readFileSync(join(folder, 'commands'), 'utf8').trim().split('\n') : [];
const acquire = () => acquireServers([target], 'compose', { ...contextWith(), env: { MQBENCH_CACHE: folder } });

/** The error that tells why there is no server. */
async function missing(mode: string): Promise<BrokerError> {
  vi.stubEnv('FAKE_DOCKER_MODE', mode);
  const { missing: all, stopAll } = await acquire();
  await stopAll();
  expect(all).toHaveLength(1);
  return all[0]!.error as BrokerError;
}

describe('an engine', () => {
  test.each([
    ['', undefined],
    ['no engine', /no Docker engine answers/],
    ['no compose', /`docker compose` is not installed/],
    ['hangs', /no Docker engine answers/],
  ])('of the mode "%s"', async (mode, lacking) => {
    vi.stubEnv('FAKE_DOCKER_MODE', mode);
    const answer = await missingEngine();
    if (lacking === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatch(lacking);
  });

  test('that does not answer leaves --server auto to the local way', async () => {
    vi.stubEnv('FAKE_DOCKER_MODE', 'no engine');
    const memory: Target = { ...target, name: 'memory', adapter: 'memory', server: 'memory' };
    const { servers, stopAll } = await acquireServers([memory], 'auto', { ...contextWith(), env: {} });
    await stopAll();
    expect(servers.get('memory')?.provider).toBe('local');
  });
});

describe('a server in a container', () => {
  test('is started by `up` under its own project, is what the image says, and is ended by `down`', async () => {
    vi.stubEnv('FAKE_DOCKER_MODE', 'no image yet');
    const { servers, missing: none, stopAll } = await acquire();
    expect(none).toEqual([]);
    const server = servers.get('rabbitmq')!;
    const { port } = new URL(server.endpoint.url);
    expect(server).toMatchObject({
      provider: 'compose',
      provenance: {
        image: imageOf('rabbitmq'),
        'image digest': 'rabbitmq@sha256:0123456789abcdef',
        // The number that the engine says is not of a process in that container.
        process: 'not known: no container of this machine is seen to have its port',
      },
      pids: [],
      isJvm: false,
    });
    expect(server.endpoint.managementUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await listens(Number(port))).toBe(true);
    await stopAll();
    expect(await listens(Number(port))).toBe(false);

    const project = `--project-name mqbench-rabbitmq-${port} --file ${composeFile} --profile variants`;
    expect(commands().sort()).toEqual(
      [
        'compose version',
        'info --format {{.ServerVersion}}',
        `image inspect ${imageOf('rabbitmq')}`,
        `pull --quiet ${imageOf('rabbitmq')}`,
        `image inspect --format {{index .RepoDigests 0}} ${imageOf('rabbitmq')}`,
        `compose ${project} up --no-log-prefix --abort-on-container-exit rabbitmq`,
        `ps --quiet --no-trunc --filter publish=${port}`,
        `inspect --format {{.State.Pid}} ${'0123456789abcdef'.repeat(4)}`,
        'SIGTERM for up',
        `compose ${project} down --volumes --timeout 2`,
      ].sort(),
    );
    for (const command of commands()) expect(command).not.toContain(server.endpoint.password);
  });

  test('gets other ports when Docker finds one taken', async () => {
    vi.stubEnv('FAKE_DOCKER_MODE', 'port taken once');
    // Both write to one log, as in a run.
    const context = { ...contextWith(), logDir: join(folder, 'logs'), env: { MQBENCH_CACHE: folder } };
    const { servers, stopAll } = await acquireServers([target], 'compose', context);
    await stopAll();
    expect(servers.has('rabbitmq')).toBe(true);
    expect(commands().filter((command) => / up /.test(command))).toHaveLength(2);
    // What the first attempt left is taken away, too.
    expect(commands().filter((command) => / down /.test(command))).toHaveLength(2);
  });

  test('is missing when the port is always taken: said with the port', async () => {
    const error = await missing('port taken');
    expect(error.message).toMatch(/RabbitMQ .*port is already allocated/);
    expect(error.details.where).toMatch(/^port \d+/);
    expect(error.details.hint).toMatch(/Another program/);
  });

  test('is missing when its image cannot be pulled: in the words of the registry, with a way out', async () => {
    const error = await missing('no image, no network');
    expect(error.message).toMatch(/^The image rabbitmq:\S+ could not be pulled: Error response .* no such host\.$/);
    expect(error.details).toMatchObject({ where: 'docker pull' });
    expect(error.details.hint).toMatch(/--server local/);
    expect(commands().some((command) => / up /.test(command))).toBe(false);
  });

  test('that ends while it starts is told with the last that it said, and is taken away', async () => {
    const error = await missing('container ends');
    expect(error.message).toMatch(/RabbitMQ ended while it was starting .*137/);
    expect(commands().at(-1)).toMatch(/ down --volumes/);
  });

  test('of a variant is named by its profile in every command, which `down` needs to see it', async () => {
    const variant: Target = { ...target, name: 'rabbitmq-stomp', server: 'rabbitmq-stomp' };
    vi.stubEnv('FAKE_DOCKER_MODE', 'container ends');
    const context = { ...contextWith(), env: { MQBENCH_CACHE: folder } };
    const { stopAll } = await acquireServers([variant], 'compose', context);
    await stopAll();
    const calls = commands().filter((command) => command.startsWith('compose --project-name'));
    expect(calls.map((call) => / (up|down) /.exec(call)?.[1])).toEqual(['up', 'down']);
    for (const call of calls) expect(call).toMatch(/ --profile variants (up|down) /);
  });

  test('of a supervisor that was killed is taken away by `brokers down`, which needs no secret for it', async () => {
    vi.stubEnv('DOCKER_CONTEXT', 'mine');
    vi.stubEnv('SOME_TOKEN', 'hunter2');
    const args = { targets: ['rabbitmq'], server: 'compose', json: true } as const;
    await brokersUp(args, contextWith());
    const record = readFileSync(join(folder, 'running', 'rabbitmq.json'), 'utf8');
    const { supervisor } = JSON.parse(record) as { supervisor: { pid: number; after: { env: object }[] } };
    expect(record).not.toContain('hunter2');
    expect(supervisor.after.map(({ env }) => env)).toEqual([{ DOCKER_CONTEXT: 'mine' }]);
    process.kill(supervisor.pid, 'SIGKILL');
    await brokersDown(args, contextWith());
    expect(commands().at(-1)).toMatch(/ down --volumes/);
  });

  test('is no reason for `brokers up --server local` to take it for a local one', async () => {
    const args = { targets: ['rabbitmq'], server: 'compose', json: true } as const;
    await brokersUp(args, contextWith());
    const other = brokersUp({ ...args, server: 'local' }, contextWith());
    await expect(other).rejects.toMatchObject({
      exitCode: 2,
      details: { hint: expect.stringContaining('brokers down rabbitmq') as unknown },
    });
    await brokersDown(args, contextWith());
  });

  test('stays with `brokers up --server compose`, and goes with `brokers down`', async () => {
    const args = { targets: ['rabbitmq'], server: 'compose', json: true } as const;
    const [up] = JSON.parse(await brokersUp(args, contextWith())) as { state: string; provider: string; url: string }[];
    expect(up).toMatchObject({ state: 'running', provider: 'compose' });
    expect(commands().some((command) => / down /.test(command))).toBe(false);
    const { servers } = await acquireServers([target], 'auto', { ...contextWith(), env: { MQBENCH_CACHE: folder } });
    expect(servers.get('rabbitmq')?.endpoint.url).toBe(up?.url);
    await brokersDown(args, contextWith());
    expect(commands().at(-1)).toMatch(/ down --volumes/);
    expect(await brokersStatus(args, contextWith())).toMatch(/not running/);
  });
});
