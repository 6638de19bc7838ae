import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/commands/command-line.js';
import { readEnvironment } from '../../src/results/environment.js';
import { isSecretName, redact, redactData } from '../../src/results/redact.js';
import { samplesCsv } from '../../src/results/samples-csv.js';
import { brokerSampleSchema, clientUseSchema, environmentSchema, processUseSchema, type Result } from '../../src/results/schema.js';
import { beginResult, readResult, resultId } from '../../src/results/store.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-store-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function result(): Promise<Result> {
  return {
    schema: 'mqbench.result',
    version: 1,
    id: 'a',
    startedAt: '2026-11-21T10:15:00Z',
    finishedAt: '2026-11-21T10:16:00Z',
    partial: false,
    mqbench: { version: '0.1.0' },
    commandLine: ['run'],
    environment: await readEnvironment(),
    scenario: {
      name: 'a',
      description: '',
      digest: 'd',
      pattern: 'work-queue',
      producers: 1,
      consumers: 4,
      messages: 10,
      sizes: [100],
      guarantee: 'at-least-once',
      load: { kind: 'closed', inFlight: 100 },
      prefetch: 10,
      repetitions: 1,
      warmupSeconds: 0,
      drainSeconds: 1,
      pauseSeconds: 0,
      seed: 1,
    },
    targets: [],
    missing: [],
    cells: [],
    refused: [],
    runs: [],
    warnings: [],
  };
}

describe('a result folder', () => {
  it('appears whole, under its final name only, and reads back the same', async () => {
    const out = join(folder, 'whole');
    const draft = await beginResult('a', out);
    const written = await result();
    await draft.save(written);
    expect(readdirSync(folder)).not.toContain('whole');
    expect(await draft.finish()).toBe(out);
    expect(await readResult(out)).toEqual(written);
    expect(await readResult(join(out, 'result.json'))).toEqual(written);
  });

  it('is gone without a trace when discarded', async () => {
    const before = readdirSync(folder);
    const draft = await beginResult('b', join(folder, 'sub', 'subsub', 'discarded'));
    await draft.discard();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('leaves a folder that was there, and one that somebody else uses meanwhile, when discarded', async () => {
    mkdirSync(join(folder, 'there'));
    const draft = await beginResult('b', join(folder, 'there', 'new', 'discarded'));
    const other = await beginResult('o', join(folder, 'there', 'new', 'other'));
    await draft.discard();
    expect(readdirSync(join(folder, 'there', 'new'))).toHaveLength(1);
    await other.discard();
    expect(readdirSync(folder)).toContain('there');
  });

  it('is never written over another', async () => {
    mkdirSync(join(folder, 'taken'));
    await expect(beginResult('c', join(folder, 'taken'))).rejects.toThrow(/there already/);
  });

  it('does not replace another that took its name meanwhile', async () => {
    const out = join(folder, 'both');
    const [one, two] = [await beginResult('d', out), await beginResult('d', out)];
    await one.save({ ...(await result()), id: 'one' });
    await two.save({ ...(await result()), id: 'two' });
    expect([await one.finish(), await two.finish()]).toEqual([out, `${out}-2`]);
    expect((await readResult(out)).id).toBe('one');
    expect((await readResult(`${out}-2`)).id).toBe('two');
  });

  it('has a name that sorts by time and is legal everywhere', () => {
    expect(resultId('round robin: #1', new Date('2026-11-21T10:15:00.123Z'))).toBe('2026-11-21T10-15-00Z-round-robin-1');
  });
});

describe('what is no result', () => {
  it.each([
    ['nothing', undefined, /There is no result/],
    ['cut off', '{"schema": "mqbench.res', /not whole/],
    ['something else', '{"hello": 1}', /not a result of mqbench/],
    ['of a newer version', '{"schema": "mqbench.result", "version": 99}', /newer mqbench/],
    ['damaged', '{"schema": "mqbench.result", "version": 1, "runs": 5}', /does not have the shape/],
  ])('%s: says so, and where', async (name, content, says) => {
    const at = join(folder, `bad ${name}`);
    mkdirSync(at);
    if (content !== undefined) writeFileSync(join(at, 'result.json'), content);
    await expect(readResult(at)).rejects.toThrow(says);
    await expect(readResult(at)).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('secrets', () => {
  it('are taken out of addresses, wherever they stand', () => {
    expect(redact('cannot reach amqp://user:p%40ss@host:5672/x or stomp+ssl://a:b@h')).toBe(
      'cannot reach amqp://***@host:5672/x or stomp+ssl://***@h',
    );
    expect(commandLine(['run', '--url', 'kafka=kafka://u:p@h:1?key=/home/me/secret.pem', 'x'])).toEqual([
      'run',
      '--url',
      'kafka=kafka://***@h:1?***',
      'x',
    ]);
  });

  it('are known by their names, and nothing else is hidden', () => {
    const secret = ['TOKEN', 'default_pass', 'dbPassword', 'API_KEY', 'accessKeyId', 'sasl.jaas.config', 'PW', 'auth'];
    const plain = ['NODE_OPTIONS', 'ssl.keystore.location', 'passive', 'author', 'keepAlive', 'queueType'];
    expect(secret.filter((name) => !isSecretName(name))).toEqual([]);
    expect(plain.filter((name) => isSecretName(name))).toEqual([]);
    expect(redact('NPM_TOKEN=abc npm ci --password hunter2 --prefix x && A=1 KEY="a b" make')).toBe(
      'NPM_TOKEN=*** npm ci --password *** --prefix x && A=1 KEY=*** make',
    );
    expect(redactData({ window: 5, password: 'x', tls: { keyPassword: 1, on: true }, servers: ['a://u:p@h'] })).toEqual(
      { window: 5, password: '***', tls: { keyPassword: '***', on: true }, servers: ['a://***@h'] },
    );
  });

  it('of settings are kept out of the command line, with all that their values hold', () => {
    expect(
      commandLine([
        'check',
        '--base',
        'env.DB_PASSWORD=a,b c=d,prefetch=20,config.default_pass=x',
        '--with=env.TOKEN=abc',
        'prepare=NPM_TOKEN=abc npm ci',
        '--margin',
        'throughput=10%',
      ]),
    ).toEqual([
      'check',
      '--base',
      'env.DB_PASSWORD=***,prefetch=20,config.default_pass=***',
      '--with=env.TOKEN=***',
      'prepare=NPM_TOKEN=*** npm ci',
      '--margin',
      'throughput=10%',
    ]);
  });
});

describe('samples.csv', () => {
  it('cannot be made to run a formula by a name', async () => {
    const base = await result();
    const csv = samplesCsv({
      ...base,
      runs: [
        {
          id: '=1+1',
          order: 1,
          cell: 'a,"b"',
          repetition: 1,
          startedAt: '',
          complete: true,
          workers: [],
          samples: [{ t: 0, seconds: 0.2, phase: 'measure', sent: 5, confirmed: 4, received: 3, perConsumer: [1, 2] }],
          verdict: { status: 'ok', bound: 'broker', evidence: [], warnings: [] },
        },
      ],
    });
    // Columns of the broker's own rows.
    const noBroker = ','.repeat(31);
    expect(csv.split('\n').slice(1)).toEqual([
      `"'=1+1","a,""b""",1,measure,0,0.2,producers,5,4,,,${noBroker}`,
      `"'=1+1","a,""b""",1,measure,0,0.2,consumer 0,,,1,,${noBroker}`,
      `"'=1+1","a,""b""",1,measure,0,0.2,consumer 1,,,2,,${noBroker}`,
      '',
    ]);
  });
});

describe('samples.csv of the broker', () => {
  it('has every figure of a sample', async () => {
    let next = 1000;
    const figuresOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, next++]));
    const { t, phase, process, clients, memoryAlarm, diskAlarm, ...own } = brokerSampleSchema.shape;
    const sample = brokerSampleSchema.parse({
      ...figuresOf(Object.keys(own)),
      t: 1,
      phase: 'measure',
      memoryAlarm: true,
      diskAlarm: false,
      process: figuresOf(Object.keys(processUseSchema.shape)),
      clients: figuresOf(Object.keys(clientUseSchema.shape)),
    });
    const csv = samplesCsv({
      ...(await result()),
      runs: [
        {
          id: 'r',
          order: 1,
          cell: 'c',
          repetition: 1,
          startedAt: '',
          complete: true,
          workers: [],
          samples: [],
          broker: { samples: [sample], notes: [] },
          verdict: { status: 'ok', bound: 'broker', evidence: [], warnings: [] },
        },
      ],
    });
    const [header = '', row = ''] = csv.split('\n');
    expect(header.split(',')).toHaveLength(row.split(',').length);
    expect([t, phase, process, clients, memoryAlarm, diskAlarm]).not.toContain(undefined);
    const values = row.split(',').slice(12);
    expect(values.toSorted()).toEqual(
      [...Array.from({ length: next - 1000 }, (_, i) => String(1000 + i)), 'true', 'false'].toSorted(),
    );
  });
});

describe('the environment', () => {
  it('has the shape that is stored and the same fingerprint twice', async () => {
    const [one, two] = [await readEnvironment(), await readEnvironment()];
    expect(environmentSchema.parse(one)).toEqual(one);
    expect(one.fingerprint).toBe(two.fingerprint);
    expect(one.cores).toBeGreaterThan(0);
  });
});
