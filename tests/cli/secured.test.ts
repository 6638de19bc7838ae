/**
 * Runs against real brokers that want TLS, a certificate of the client and a login, at addresses as a person writes
 * them; and what is said when one of these is wrong.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { readResult } from '../../src/results/store.js';
import { parseEndpoint } from '../../src/servers/endpoint/url.js';
import type { SupervisedServer } from '../../src/servers/supervised/start.js';
import { certify, type Identity } from '../fixtures/certificates.js';
import {
  adapterOf,
  connects,
  type SecuredId,
  securedIds,
  startSecured,
  virtualHost,
} from '../fixtures/secured-server.js';
import { type Finished, Mqbench } from './mqbench.js';

const shared = inject('servers');
/** One that is left out of this test run, or cannot be had here, has no secured sibling either. */
const there = securedIds.filter((id) => 'endpoint' in shared[id] && shared[id].provider === 'local');
const servers = new Map<SecuredId, SupervisedServer>();
let folder: string;
let authority: Identity;
let client: Identity;
let stranger: Identity;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-tls & co-'));
  authority = certify(folder, 'authority');
  client = certify(folder, 'client', authority);
  const server = certify(folder, 'server', authority, ['127.0.0.1', 'broker.test']);
  stranger = certify(folder, 'stranger');
  const started = await Promise.allSettled(
    there.map(async (id) => servers.set(id, await startSecured(id, { authority, server, client }))),
  );
  for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;
});
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

interface Change {
  readonly scheme?: string;
  readonly password?: string;
  readonly vhost?: string;
  /** Parameters of the address; undefined leaves one out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
}

const wrongPassword = 'wr0ng-h0rse';

/** The address of a secured server, as a person writes it into MQBENCH_<TARGET>_URL. */
function addressOf(id: SecuredId, change: Change = {}): string {
  const { endpoint } = servers.get(id)!;
  const url = new URL(endpoint.url);
  const user = `${endpoint.username}:${encodeURIComponent(change.password ?? endpoint.password ?? '')}`;
  const path = id === 'rabbitmq' ? `/${encodeURIComponent(change.vhost ?? virtualHost)}` : '';
  const parameters = { ca: authority.certFile, cert: client.certFile, key: client.keyFile, ...change.parameters };
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const scheme = change.scheme ?? url.protocol.slice(0, -1);
  return `${scheme}://${user}@${url.host}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
let outs = 0;
const newOut = (): string => join(folder, `out-${++outs}`);
const short = '--messages 500 --size 100B --consumers 2 --repetitions 1 --warmup 0s'.split(' ');
const run = (args: readonly string[], env: Record<string, string>): Promise<Finished> =>
  new Mqbench(['run', ...args, '--server', 'endpoint', ...short], { cwd: folder, env }).finished;

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

/** No password and nothing of a key, wherever someone could read it. */
function expectNoSecret(texts: readonly string[]): void {
  const secrets = [...servers.values()].map(({ endpoint }) => endpoint.password!);
  for (const text of texts)
    for (const secret of [...secrets, wrongPassword, 'PRIVATE KEY']) expect(text).not.toContain(secret);
}

describe.skipIf(there.length === 0)('brokers with TLS, client certificates and logins', () => {
  it('do the work, by every SASL mechanism, in a virtual host, and no secret is stored or printed', async () => {
    const targets: string[] = [];
    const env: Record<string, string> = {};
    const add = (target: string, id: SecuredId, change?: Change): void => {
      if (!there.includes(id)) return;
      targets.push(target === id ? `  - ${id}` : `  - {name: ${target}, base: ${id}}`);
      env[`MQBENCH_${target.toUpperCase().replaceAll('-', '_')}_URL`] = addressOf(id, change);
    };
    const management = servers.get('rabbitmq')?.endpoint.managementUrl;
    add('rabbitmq', 'rabbitmq', { parameters: { management } });
    add('rabbitmq-by-name', 'rabbitmq', { parameters: { servername: 'broker.test' } });
    add('kafka', 'kafka', { parameters: { sasl: 'scram-sha-512' } });
    add('kafka-scram-256', 'kafka', { parameters: { sasl: 'scram-sha-256' } });
    add('kafka-plain', 'kafka');
    add('activemq', 'activemq');
    const file = join(folder, 'secured.yaml');
    writeFileSync(file, `name: secured\ntargets:\n${targets.join('\n')}\nsizes: [100B]\nmessages: 500\npause: 0\n`);
    const out = newOut();
    const { code, stdout, stderr } = await run([file, '--out', out], env);
    expect(stderr).not.toMatch(/warning|left out/);
    expect(code, stderr).toBe(0);
    const result = await readResult(out);
    expect(result.runs.map((r) => [r.complete, r.delivery?.unique, r.delivery?.lost])).toEqual(
      targets.map(() => [true, 500, 0]),
    );
    expectNoSecret([stdout, stderr, ...filesBelow(out).map((path) => readFileSync(path, 'latin1'))]);
  });

  // Each waits for its consumers to come back, Kafka for a session's end.
  it.runIf(isLong)('are cut off through a proxy, and their certificates stay theirs', async () => {
    const env = Object.fromEntries(
      there.map((id) => [
        `MQBENCH_${id.toUpperCase()}_URL`,
        addressOf(id, { parameters: { servername: 'broker.test' } }),
      ]),
    );
    const file = join(folder, 'cut.yaml');
    const work =
      'sizes: [100B]\nmessages: 500\nload: {rate: 100/s}\npause: 0\nfaults: [{at: 40%, do: cut-connection}]\n';
    writeFileSync(file, `name: cut\ntargets: [${there.join(', ')}]\n${work}`);
    const out = newOut();
    const { code, stderr } = await run([file, '--out', out, '--force-faults'], env);
    expect(code, stderr).toBe(0);
    const { runs } = await readResult(out);
    expect(runs.map(({ complete, delivery, faults }) => [complete, delivery?.lost, faults?.length])).toEqual(
      there.map(() => [true, 0, 1]),
    );
  });
});

interface Mistake {
  readonly id: SecuredId;
  readonly what: string;
  readonly change: () => Change;
  /** What stderr has to say. */
  readonly says: RegExp;
  /** The way out, where the sentence alone names none. */
  readonly hints?: RegExp;
}

const wrongAuthority = () => ({ parameters: { ca: stranger.certFile } });
const noCertificate = () => ({ parameters: { cert: undefined, key: undefined } });
const strangersCertificate = () => ({ parameters: { cert: stranger.certFile, key: stranger.keyFile } });
const otherName = () => ({ parameters: { servername: 'other.test' } });
const badPassword = () => ({ password: wrongPassword });
const scram = () => ({ password: wrongPassword, parameters: { sasl: 'scram-sha-512' } });
const without = { ca: undefined, cert: undefined, key: undefined };

const mistakes: readonly Mistake[] = [
  { id: 'rabbitmq', what: 'another authority', change: wrongAuthority, says: /certificate .* not trusted/ },
  { id: 'rabbitmq', what: 'another name', change: otherName, says: /certificate .* not trusted.*other\.test/ },
  {
    id: 'rabbitmq',
    what: 'no client certificate',
    change: noCertificate,
    says: /asks for a client certificate, and none/,
  },
  { id: 'rabbitmq', what: 'a stranger as client', change: strangersCertificate, says: /client certificate/ },
  { id: 'rabbitmq', what: 'a wrong password', change: badPassword, says: /refused the user name or the password/ },
  {
    id: 'rabbitmq',
    what: 'a wrong virtual host',
    change: () => ({ vhost: 'nowhere' }),
    says: /virtual host "nowhere"/,
  },
  {
    id: 'rabbitmq',
    what: 'no TLS',
    change: () => ({ scheme: 'amqp', parameters: without }),
    says: /hung up during the AMQP handshake/,
    hints: /5671 for AMQP over TLS \(amqps:\/\/\)/,
  },
  { id: 'kafka', what: 'another authority', change: wrongAuthority, says: /certificate .* not trusted/ },
  { id: 'kafka', what: 'another name', change: otherName, says: /certificate .* not trusted.*other\.test/ },
  { id: 'kafka', what: 'no client certificate', change: noCertificate, says: /client certificate/ },
  { id: 'kafka', what: 'a stranger as client', change: strangersCertificate, says: /client certificate/ },
  {
    id: 'kafka',
    what: 'a wrong SCRAM password',
    change: scram,
    says: /refused the user name or password/,
    hints: /\?sasl=/,
  },
  {
    id: 'kafka',
    what: 'a wrong PLAIN password',
    change: badPassword,
    says: /refused the user name or password/,
    hints: /\?sasl=/,
  },
  {
    id: 'kafka',
    what: 'no TLS',
    change: () => ({ scheme: 'kafka', parameters: without }),
    says: /without a Kafka answer/,
    hints: /TLS: then it takes kafka\+ssl:\/\/ in place of kafka:\/\//,
  },
  { id: 'activemq', what: 'another authority', change: wrongAuthority, says: /certificate .* not trusted/ },
  { id: 'activemq', what: 'another name', change: otherName, says: /certificate .* not trusted.*other\.test/ },
  { id: 'activemq', what: 'no client certificate', change: noCertificate, says: /client certificate/ },
  { id: 'activemq', what: 'a stranger as client', change: strangersCertificate, says: /client certificate/ },
  { id: 'activemq', what: 'a wrong password', change: badPassword, says: /refused/ },
  {
    id: 'activemq',
    what: 'no TLS',
    change: () => ({ scheme: 'stomp', parameters: without }),
    says: /does not speak STOMP/,
    hints: /TLS: then it takes stomp\+ssl:\/\/ in place of stomp:\/\//,
  },
];

/** Fails unless connecting ends with an error of the broker that says this, and no secret; resolves with it. */
async function expectRefusal(id: SecuredId, address: string, says: RegExp, hints: RegExp): Promise<BrokerError> {
  const where = `MQBENCH_${id.toUpperCase()}_URL`;
  const error: unknown = await connects(id, parseEndpoint(address, adapterOf(id), where)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BrokerError)) throw new Error(`${inspect(error)} is no BrokerError`);
  expect(error.message).toMatch(says);
  expect(error.details.hint).toMatch(hints);
  expect(error.details.where).toEqual(expect.any(String));
  expectNoSecret([inspect(error, { depth: 10 })]);
  return error;
}

describe('a mistake in an address', () => {
  it.for(mistakes)('$id: $what is told as such, without a secret', async ({ id, change, says, hints }, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const { kind } = await expectRefusal(id, addressOf(id, change()), says, hints ?? /\w/);
    expect(['refused', 'protocol']).toContain(kind);
  });

  const told = ['another authority', 'no client certificate', 'a wrong SCRAM password', 'a wrong virtual host'];
  const byHand = told.flatMap((what) => mistakes.find((mistake) => mistake.what === what) ?? []);
  it.concurrent.for(byHand)(
    '$what: the command ends with 6 in seconds, says where and what to do, and leaves nothing',
    { timeout: 120_000 },
    async ({ id, change, says }, { expect: expects, skip }) => {
      skip(!there.includes(id), `no local ${id} in this test run`);
      const out = newOut();
      const env = { [`MQBENCH_${id.toUpperCase()}_URL`]: addressOf(id, change()) };
      const { code, stdout, stderr } = await run(['--target', id, '--out', out], env);
      expects(stderr).toMatch(says);
      expects(stderr).toMatch(/where:[\s\S]*hint:/);
      expects(stderr).not.toMatch(/bug|^ +at /m);
      expects([code, stdout]).toEqual([6, '']);
      expects(existsSync(out)).toBe(false);
      expectNoSecret([stderr]);
    },
  );
});

/** The servers of the whole test run, whose ports have no TLS; Kafka's listener knows PLAIN alone. */
describe('an address that does not fit its port', () => {
  const plain = { rabbitmq: 'amqp', kafka: 'kafka', activemq: 'stomp' } as const;
  const secure = { rabbitmq: 'amqps', kafka: 'kafka+ssl', activemq: 'stomp+ssl' } as const;
  /** `id`'s way of speaking, at the port of `at`. */
  const address = (id: SecuredId, scheme: string, { at = id, login = 'someone:wrong@', query = '' } = {}): string => {
    const server = shared[at];
    if (!('endpoint' in server)) throw new Error(`there is no ${at}`);
    return `${scheme}://${login}${new URL(server.endpoint.url).host}${query}`;
  };

  it.for([
    ['rabbitmq', /does not speak TLS/],
    ['kafka', /hung up during the TLS handshake/],
    ['activemq', /does not speak TLS/],
  ] as const)('%s: TLS on a port without it', async ([id, says], { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const hints = new RegExp(`${plain[id]}://.*in place of.*${secure[id].replace('+', '\\+')}://`);
    const { kind } = await expectRefusal(id, address(id, secure[id]), says, hints);
    expect(kind).toBe('protocol');
  });

  // 5 s, where the other broker waits for more.
  it.concurrent.for(securedIds.flatMap((id) => securedIds.filter((at) => at !== id).map((at) => [id, at] as const)))(
    '%s at the port of %s',
    async ([id, at], { skip }) => {
      skip(!there.includes(id) || !there.includes(at), `no local ${id} or ${at} in this test run`);
      const says = { rabbitmq: /AMQP/, kafka: /Kafka/, activemq: /does not speak STOMP|closed the connection/ }[id];
      await expectRefusal(id, address(id, plain[id], { at }), says, /port|listens/);
    },
  );

  it.for([
    ['scram-sha-256', /does not take this way of logging in/, /\?sasl=plain, scram-sha-256 or scram-sha-512/],
    ['plain', /refused the user name or password/, /\?sasl=scram-sha-512 in the address; plain without it/],
  ] as const)('kafka: a login by %s', async ([sasl, says, hints], { skip }) => {
    skip(!there.includes('kafka'), 'no local kafka in this test run');
    const { kind } = await expectRefusal('kafka', address('kafka', 'kafka', { query: `?sasl=${sasl}` }), says, hints);
    expect(kind).toBe('refused');
  });

  it('kafka: no login where one is wanted', async ({ skip }) => {
    skip(!there.includes('kafka'), 'no local kafka in this test run');
    const hints = /user and password .*kafka:\/\/user:password@/;
    await expectRefusal('kafka', address('kafka', 'kafka', { login: '' }), /closed the connection after/, hints);
  });

  it('kafka: a SASL mechanism that mqbench does not know', () => {
    expect(() => parseEndpoint('kafka://me:x@h?sasl=gssapi', 'kafka', 'MQBENCH_KAFKA_URL')).toThrow(
      /MQBENCH_KAFKA_URL has an unknown `sasl`; it can be plain, scram-sha-256, scram-sha-512/,
    );
  });
});
