/** Somebody else's adapter as a person uses it: a file or a package, and what is said of one that is none or fails. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readResult } from '../../src/results/store.js';
import { packageRoot } from '../../src/root.js';
import { addressOf } from '../fixtures/address-of.js';
import { externalAdapters } from '../fixtures/external-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { type Finished, Mqbench } from './mqbench.js';

const folder = externalAdapters();
afterAll(() => rmSync(folder, { recursive: true }));
const server = memoryServer();

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const messages = 600;
const short = `--messages ${messages} --size 100B --consumers 1 --repetitions 1 --warmup 0s`.split(' ');
const memory = JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'brokers', 'memory', 'index.js')).href);

/** A module whose adapter is the embedded broker's but for what is written here. */
function adapter(name: string, differs: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `import { memory } from ${memory};\nexport default { ...memory, id: '${name}', ${differs} };\n`);
  return file;
}

/** The connection but for what is written here, of an adapter that is otherwise the embedded broker's. */
const connection = (differs: string): string =>
  `async connect(endpoint, options, context) {
     const own = await memory.connect(endpoint, options, context);
     const all = Object.fromEntries(['serverInfo', 'createDestination', 'deleteDestination', 'createProducer',
       'createConsumer', 'stats', 'close', 'destroy'].map((name) => [name, (...args) => own[name](...args)]));
     return { ...all, ${differs} };
   }`;

async function run(args: readonly string[], env: Record<string, string> = {}, cwd = folder): Promise<Finished> {
  const command = new Mqbench(['run', ...args, ...short], { cwd, env });
  const finished = await command.finished;
  expect(await command.gone(10_000)).toEqual([]);
  return finished;
}

/** The environment that names this server for each of the targets. */
function at(...targets: readonly string[]): Record<string, string> {
  const address = addressOf(server().endpoint);
  return Object.fromEntries(targets.map((name) => [`MQBENCH_${name.toUpperCase().replaceAll('-', '_')}_URL`, address]));
}

describe.concurrent('an adapter from elsewhere', { timeout: 180_000 }, () => {
  it.for([
    ['a file', './mine.js', 'mine'],
    ['an installed package', 'mqbench-theirs', 'theirs'],
  ] as const)('is measured, named as %s', async ([, written, id], { expect: expects }) => {
    const out = join(folder, `out-${id}`);
    const { code, stdout, stderr } = await run(['--adapter', written, '--target', id, '--out', out], at(id));
    expects(code, stderr).toBe(0);
    expects(stdout).toContain(id);
    const result = await readResult(out);
    expects(result.targets).toMatchObject([{ name: id, adapter: id, provider: 'endpoint' }]);
    expects(result.runs).toMatchObject([{ delivery: { sent: messages, unique: messages, lost: 0, corrupt: 0 } }]);
  });

  it('is measured beside another one, named by a scenario in another folder', async ({ expect: expects, skip }) => {
    skip(!isLong, 'only with MQBENCH_TEST_LONG=1');
    const own = join(folder, 'scenarios');
    mkdirSync(own);
    writeFileSync(
      join(own, 'both.yaml'),
      'name: both\ntargets: [memory, {name: other, adapter: ../mine.js}]\nsizes: [100B]\nmessages: 600\n',
    );
    const out = join(folder, 'out-both');
    const env = at('memory', 'other');
    const { code, stderr } = await run(['both.yaml', '--server', 'endpoint', '--out', out], env, own);
    expects(code, stderr).toBe(0);
    const { runs, targets } = await readResult(out);
    expects(targets.map(({ name, adapter: id }) => [name, id]).sort()).toEqual([
      ['memory', 'memory'],
      ['other', 'mine'],
    ]);
    expects(runs.map(({ cell, delivery }) => [cell, delivery?.unique]).sort()).toEqual([
      ['memory/100B', messages],
      ['other/100B', messages],
    ]);
  });
});

interface Bad {
  readonly what: string;
  /** What follows `--adapter`. */
  readonly written: string;
  readonly code: 2 | 6;
  readonly says: RegExp;
  /** Left to a long test run: it takes a minute, or tests/brokers/external.test.ts has it without the command. */
  readonly long?: true;
}

const none: readonly Bad[] = [
  { what: 'a file that is not there', written: './none.js', code: 2, says: /no adapter file "[^"]*none\.js"/ },
  { what: 'a package that is not installed', written: 'mqbench-none', code: 2, says: /hint: npm install mqbench-none/ },
  {
    what: 'no default export',
    written: './empty.js',
    code: 2,
    says: /no adapter: it has no default export/,
    long: true,
  },
  { what: 'a broken import', written: './broken.js', code: 2, says: /cannot be loaded: .*no-such-package/, long: true },
  {
    what: 'a module that throws',
    written: (() => {
      writeFileSync(join(folder, 'throws.mjs'), 'throw new Error("not today");\n');
      return './throws.mjs';
    })(),
    code: 2,
    says: /cannot be loaded: not today/,
    long: true,
  },
  {
    what: 'a guarantee that is not declared',
    written: adapter('unsaid', "capabilities: { ...memory.capabilities, guarantees: { 'at-most-once': true } }"),
    code: 2,
    says: /it does not declare capabilities\.guarantees\.at-least-once/,
  },
  {
    what: 'a capability that says nothing',
    written: adapter('vague', 'capabilities: { ...memory.capabilities, prefetch: false }'),
    code: 2,
    says: /its capabilities\.prefetch is not what the contract asks for/,
    long: true,
  },
  {
    what: 'a client() that throws',
    written: adapter('nameless', 'client() { throw new Error("no manifest"); }'),
    code: 2,
    says: /"nameless" failed in client\(\): no manifest/,
    long: true,
  },
  {
    what: 'a describeGuarantee() that says nothing',
    written: adapter('mute', 'describeGuarantee() {}'),
    code: 2,
    says: /"mute" does not say in describeGuarantee\(\)/,
    long: true,
  },
  {
    what: 'a connect() that throws',
    written: adapter('angry', 'async connect() { throw new Error("no mood"); }'),
    code: 6,
    says: /"angry" failed: no mood/,
  },
  {
    what: 'a BrokerError of another copy of mqbench',
    written: adapter(
      'foreign',
      `async connect() {
         const details = { where: 'memory://far', hint: 'Go there.' };
         throw Object.assign(new Error('Too far away.'), { name: 'BrokerError', kind: 'absent', details });
       }`,
    ),
    code: 6,
    says: /Too far away\.\n.*where:.* memory:\/\/far\n.*hint:.* Go there\./,
    long: true,
  },
  {
    what: 'a connect() that never ends',
    written: adapter('silent', 'connect: () => new Promise(() => undefined)'),
    code: 6,
    says: /"silent" has neither connected nor given up within 12 s/,
  },
  {
    what: 'a connection that lacks a method',
    written: adapter('half-done', connection('createProducer: undefined')),
    code: 6,
    says: /half-done\.mjs" failed: .*createProducer is not a function/,
    long: true,
  },
  {
    what: 'a send() that throws',
    written: adapter(
      'clumsy',
      connection(`async createProducer(spec) {
        const producer = await own.createProducer(spec);
        return { send() { throw new Error("dropped it"); }, flush: () => producer.flush(), close: () => producer.close() };
      }`),
    ),
    code: 6,
    says: /clumsy\.mjs" failed: dropped it/,
  },
  {
    what: 'confirms that never come',
    written: adapter(
      'thankless',
      connection('createProducer: (spec) => own.createProducer({ ...spec, onSettled() {} })'),
    ),
    code: 6,
    says: /thankless.*(stopped confirming|probe messages)/,
    long: true,
  },
  {
    what: 'a consumer that never is ready',
    written: adapter(
      'lazy',
      connection(`async createConsumer(spec, onMessage) {
        const consumer = await own.createConsumer(spec, onMessage);
        return { ready: () => new Promise(() => undefined), close: () => consumer.close() };
      }`),
    ),
    code: 6,
    says: /consumer 0 .*within \d+ s/,
    long: true,
  },
  {
    what: 'a subscription that ends by itself',
    written: adapter(
      'leaving',
      connection(`createConsumer(spec, onMessage) {
        setTimeout(() => spec.onCancelled('the queue was deleted'), 1_000);
        return own.createConsumer(spec, () => undefined);
      }`),
    ),
    code: 6,
    says: /subscription of consumer 0 ended: the queue was deleted\.\n.*where:.*\n.*hint:.* mqbench-/,
  },
];

describe.concurrent('an adapter that is none, or fails:', () => {
  it.for(none)('$what', { timeout: 180_000 }, async ({ written, code, says, long }, { expect: expects, skip }) => {
    skip(long === true && !isLong, 'only with MQBENCH_TEST_LONG=1');
    const id = /(?:^|\/)([a-z-]+)\.mjs$/.exec(written)?.[1] ?? 'memory';
    const cwd = join(folder, `cwd-${id}-${written.replace(/\W/g, '')}`.slice(0, 100));
    mkdirSync(cwd);
    const args = ['--adapter', /^\./.test(written) ? join(folder, written) : written, '--target', id];
    const finished = await run([...args, '--out', 'out'], id === 'memory' ? {} : at(id), cwd);
    expects(finished.stderr).toMatch(says);
    expects(finished.stderr).toMatch(/hint: \w+/);
    expects(finished.stderr).not.toMatch(/this is a bug|^ +at /m);
    expects(finished.code).toBe(code);
    // One that fails in the middle of a run leaves what there was until then, and nothing else.
    expects(readdirSync(cwd).filter((name) => name !== 'out')).toEqual([]);
  });
});
