/** Servers that are not what they should be, as a person meets them: what `mqbench run` says, and how it ends. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Launch } from '../../src/servers/supervised/launch.js';
import type { BaseServerId } from '../../src/servers/provider.js';
import { edited, startChanged } from '../fixtures/changed-server.js';
import { Mqbench } from './mqbench.js';

let folder: string;
const open: Server[] = [];
const sockets = new Set<Socket>();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-bad-server-'));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Listens on a free loopback port. */
async function peer(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    socket.resume();
    onConnection(socket);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A method frame of AMQP 0-9-1 (section 4.2.3) on channel 0. */
function methodFrame(...payload: readonly (number | string)[]): Buffer {
  const body = Buffer.concat(
    payload.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
  );
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 3);
  return Buffer.concat([head, body, Buffer.from([0xce])]);
}
const start = methodFrame(0, 10, 0, 10, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5, 'PLAIN', 0, 0, 0, 5, 'en_US');
const tune = methodFrame(0, 10, 0, 30, 0, 0, 0, 2, 0, 0, 0, 0);
const openOk = methodFrame(0, 10, 0, 41, 0);
const garbage = Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwhat?');

/** Answers the first thing it hears with the first step, the second with the second, and so on. */
const scripted =
  (...steps: readonly Buffer[]) =>
  (socket: Socket): void => {
    let next = 0;
    socket.on('data', () => {
      const step = steps[next++];
      if (step !== undefined) socket.write(step);
    });
  };

const short = ['--messages', '500', '--size', '100B', '--repetitions', '1', '--warmup', '0s'];
const password = 'hunter2';

describe.concurrent('a server that is no broker', () => {
  const peers: Readonly<Record<string, (socket: Socket) => void>> = {
    silent: () => undefined,
    garbage: (socket) => void socket.write(garbage),
    'hangs-up': (socket) => void socket.end(),
    'hangs-up-later': (socket) => void socket.once('data', () => socket.end()),
  };
  const rabbitmqOnly = {
    // amqplib throws out of the socket's event here, where no promise of its own can carry it.
    'garbage-behind-the-handshake': scripted(start, tune, Buffer.concat([openOk, garbage])),
  };

  it.for([
    ['rabbitmq', 'amqp', { ...peers, ...rabbitmqOnly }],
    ['kafka', 'kafka', peers],
    ['activemq', 'stomp', peers],
  ] as const)(
    'is told for %s in a sentence that names it, within seconds, exit 6',
    { timeout: 180_000 },
    async ([base, scheme, kinds], { expect: expects }) => {
      const env: Record<string, string> = {};
      const addresses = new Map<string, string>();
      for (const [name, behave] of Object.entries(kinds)) {
        const address = await peer(behave);
        addresses.set(name, address);
        env[`MQBENCH_${name.toUpperCase().replaceAll('-', '_')}_URL`] = `${scheme}://someone:${password}@${address}`;
      }
      const targets = [...addresses.keys()].map((name) => `  - {name: ${name}, base: ${base}}`);
      const file = join(folder, `${base}.yaml`);
      writeFileSync(file, `name: bad\ntargets:\n${targets.join('\n')}\nsizes: [100B]\nmessages: 500\n`);
      const command = new Mqbench(['run', file, '--server', 'endpoint', ...short], { cwd: folder, env });
      const { code, stdout, stderr } = await command.finished;
      for (const [name, address] of addresses)
        expects(stderr).toMatch(new RegExp(`warning: ${name} is left out from here on: .*${address}.*\\.\n`));
      expects(stderr).toMatch(/silent is left out from here on: .*(within 10 s|in time)/);
      if (base === 'rabbitmq')
        expects(stderr).toMatch(/behind-the-handshake is left out .*amqplib could not make sense/);
      expects(stderr).toMatch(/where:[\s\S]*hint: \w+/);
      expects(stderr).not.toMatch(new RegExp(`${password}|bug|^ +at `, 'm'));
      expects([code, stdout]).toEqual([6, '']);
      expects(await command.gone(10_000)).toEqual([]);
    },
  );
});

const shared = inject('servers');
const can = (id: BaseServerId): boolean => 'endpoint' in shared[id] && shared[id].provider === 'local';
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

interface Shortage {
  readonly id: BaseServerId;
  readonly what: string;
  readonly change: (launch: Launch) => Partial<Launch>;
  readonly says: RegExp;
  readonly long?: true;
}

const shortages: readonly Shortage[] = [
  {
    id: 'rabbitmq',
    what: 'is over its memory limit',
    change: (launch) => ({
      files: edited(launch, 'rabbitmq.conf', /$/, 'vm_memory_high_watermark.absolute = 1MB\n'),
    }),
    says: /rabbitmq.*blocked the producers.*low on memory/,
  },
  {
    id: 'rabbitmq',
    what: 'has too little disk left',
    change: (launch) => ({ files: edited(launch, 'rabbitmq.conf', /$/, 'disk_free_limit.absolute = 900000GB\n') }),
    says: /rabbitmq.*blocked the producers.*low on disk/,
    long: true,
  },
  {
    id: 'activemq',
    what: 'has a full store',
    change: (launch) => ({ files: edited(launch, 'conf/activemq.xml', 'limit="4 gb"', 'limit="1 kb"') }),
    says: /activemq.*(stopped confirming messages|probe messages)/,
  },
  {
    id: 'kafka',
    what: 'cannot write any more',
    // What a full disk does to a broker, without filling one: its segments may not grow beyond 11 MB, its indexes may.
    change: ({ server }) => ({
      server: {
        ...server,
        command: '/bin/bash',
        args: ['-c', 'ulimit -f 11264; exec "$0" "$@"', server.command, ...server.args],
      },
    }),
    says: /kafka.*(lost|did not answer|does not answer)/,
  },
];

describe.concurrent('a real broker that runs short', () => {
  it.for(shortages)(
    '$id that $what: the run ends, and says so',
    { timeout: 300_000 },
    async ({ id, what, change, says, long }, { expect: expects, skip }) => {
      skip(!can(id), `no local ${id} in this test run`);
      skip(long === true && !isLong, 'only with MQBENCH_TEST_LONG=1');
      const server = await startChanged(id, change);
      try {
        const { url, username = '', password: secret = '' } = server.endpoint;
        const file = join(folder, `${id}-${what.replaceAll(' ', '-')}.yaml`);
        const load = '{inFlight: 500}';
        writeFileSync(
          file,
          `name: short\ntargets: [${id}]\nsizes: [10KB]\nmessages: 20_000\nrepetitions: 1\nwarmup: 0\ndrain: 8s\nload: ${load}\n`,
        );
        const out = join(folder, `out-${id}-${what.replaceAll(' ', '-')}`);
        const command = new Mqbench(['run', file, '--server', 'endpoint', '--out', out], {
          cwd: folder,
          env: { [`MQBENCH_${id.toUpperCase()}_URL`]: url.replace('://', `://${username}:${secret}@`) },
        });
        const { code, stdout, stderr } = await command.finished;
        if (process.env['SHOW']) process.stderr.write(`### ${id} ${what}\n${stderr}\n${stdout.slice(0, 3000)}\n`);
        expects(stderr).toMatch(says);
        expects(stderr).toMatch(/hint: \w+/);
        expects(stderr).not.toMatch(/bug|^ +at /m);
        for (const text of [stdout, stderr]) expects(text).not.toContain(secret);
        expects(code).toBe(6);
        expects(stdout).not.toMatch(/never arrived/);
        expects(await command.gone(10_000)).toEqual([]);
      } finally {
        await server.stop();
      }
    },
  );
});

describe.concurrent('software that cannot be had', { timeout: 180_000 }, () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });
  async function listening(answer: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
    const server = createHttpServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }
  async function mirror(answer: RequestListener): Promise<string> {
    const { url, server } = await listening(answer);
    servers.push(server);
    return url;
  }
  async function fails(env: Record<string, string>, says: RegExp, hint: RegExp, keeps: readonly string[] = []) {
    const cache = env['MQBENCH_CACHE'] ?? join(folder, `cache-${Math.random().toString(36).slice(2)}`);
    const command = new Mqbench(['run', '--target', 'kafka', '--server', 'local', ...short], {
      cwd: folder,
      env: { MQBENCH_CACHE: cache, NO_PROXY: '127.0.0.1', ...env },
    });
    const { code, stdout, stderr } = await command.finished;
    if (process.env['SHOW']) process.stderr.write(`###\n${stderr}\n`);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(new RegExp(`hint: .*${hint.source}`));
    expect(stderr).not.toMatch(/bug|^ +at /m);
    expect([code, stdout]).toEqual([6, '']);
    const files = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(jar|part|tmp)$/.test(name),
    );
    expect(files).toEqual(keeps);
  }
  const closed = async (): Promise<string> => {
    const { url, server } = await listening(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    return url;
  };

  it('without a network: what was tried, and the ways around it', async () => {
    await fails(
      { MQBENCH_MAVEN_URL: await closed() },
      /Cannot download .*no connection to 127/,
      /MQBENCH_<TARGET>_URL/,
    );
  });

  it('when every download is cut off', async () => {
    const url = await mirror((_request, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write('PK', () => response.destroy());
    });
    await fails({ MQBENCH_MAVEN_URL: url }, /Cannot download .*cut off/, /network/);
  });

  it('when a sign-in page answers in place of the file', async () => {
    const url = await mirror((_request, response) => void response.end('<html>Please sign in</html>'));
    await fails({ MQBENCH_MAVEN_URL: url }, /Cannot download .*(cut off|SHA-256|longer)/, /./);
  });

  it('when others may write to the cache', async () => {
    const cache = join(folder, 'open-cache');
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    await fails({ MQBENCH_CACHE: cache }, /Other users may write to the cache folder/, /chmod go-w/);
  });
});
