import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSettings, readVariant, variantFacts, withCommon } from '../../src/ab/variant.js';
import { applyVariant } from '../../src/ab/side.js';
import { withConfig } from '../../src/ab/servers.js';
import { ScenarioError, UsageError } from '../../src/errors.js';
import { resolveTarget } from '../../src/scenario/targets.js';
import type { Scenario } from '../../src/scenario/types.js';
import { localKinds } from '../../src/servers/local/index.js';
import { planOf } from '../fixtures/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-variant-'));
afterAll(() => rmSync(folder, { recursive: true }));
const target = (word: string) => ({ target: word });
const read = (text: string) => readVariant(text, 'A', target);

describe('a variant', () => {
  it('is a word, settings, or a file', () => {
    expect(read('same')).toEqual({ label: 'same' });
    expect(read('kafka')).toEqual({ target: 'kafka', label: 'kafka' });
    expect(readVariant('main', 'A', (ref) => ({ ref }))).toEqual({ ref: 'main', label: 'main' });
    expect(read('prefetch=20,options.queueType=quorum,env.NODE_OPTIONS=--a=1,--b=2')).toMatchObject({
      prefetch: 20,
      options: { queueType: 'quorum' },
      env: { NODE_OPTIONS: '--a=1,--b=2' },
    });
    expect(read('options.idempotent=true,options.batchSize=200').options).toEqual({ idempotent: true, batchSize: 200 });
    // A version is no number.
    expect(read('client=amqplib@0.10').client).toBe('amqplib@0.10');
    const file = join(folder, 'v.yaml');
    writeFileSync(file, 'name: quorum\noptions: {queueType: quorum}\nenv: {DEBUG: 1}\n');
    expect(read(file)).toEqual({
      name: 'quorum',
      options: { queueType: 'quorum' },
      env: { DEBUG: '1' },
      label: 'quorum',
    });
  });

  it('has no secret in its label, and none in what is said of its mistakes', () => {
    expect(read('env.TOKEN=abc,config.default_pass=x,prefetch=20').label).toBe(
      'env.TOKEN=***,config.default_pass=***,prefetch=20',
    );
    expect(read('env.TOKEN=abc').env).toEqual({ TOKEN: 'abc' });
    // Options of an adapter from elsewhere may be maps.
    const nested = read('options.sasl={"username":"me","password":"hunter2"}');
    expect(nested.options).toEqual({ sasl: { username: 'me', password: 'hunter2' } });
    expect(JSON.stringify([nested.label, variantFacts(nested)])).not.toContain('hunter2');
    expect(nested.label).toBe('options.sasl={"username":"me","password":"***"}');
    expect(read('options.sasl=password: hunter2').label).toBe('options.sasl={"password":"***"}');
  });

  it('is told by its keys, without secrets, with the commit of its ref', () => {
    const asked = read('ref=main,prefetch=20,options.a=[1],env.TOKEN=abc,env.X=1,prepare=KEY=1 make');
    expect(variantFacts(asked, 'abc')).toEqual({
      ref: 'main',
      prefetch: '20',
      'options.a': '[1]',
      'env.TOKEN': '***',
      'env.X': '1',
      prepare: 'KEY=*** make',
      commit: 'abc',
    });
    expect(variantFacts(read('same'))).toEqual({});
  });

  it.each([
    '',
    '=x',
    'prefetch=many',
    'prefetch=0',
    'prefech=1',
    'url=amqp://me:secret@host',
    'options=3',
    'options=a,options.b=1',
    'env.A=1,env=x',
  ])('is refused as %j', (text) => {
    expect(() => read(text)).toThrow(UsageError);
    try {
      read(text);
    } catch (error) {
      expect(String((error as Error).message)).not.toContain('secret');
    }
  });

  it('in a file is told with every mistake and its line', () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'prefetch: -1\nprepair: x\n');
    expect(() => read(file)).toThrow(ScenarioError);
    try {
      read(file);
    } catch (error) {
      expect((error as ScenarioError).issues.map(({ line, key }) => [line, key])).toEqual([
        [1, 'prefetch'],
        [2, 'prepair'],
      ]);
    }
  });

  it('does not repeat a password in its label', () => {
    expect(readSettings(['env.URL=amqp://me:hunter2@host'], '--with').label).not.toContain('hunter2');
  });
});

describe('with the settings of both sides under its own', () => {
  const both = (...texts: string[]) => readSettings(texts, '--with');

  it('keeps every map, and its own values first', () => {
    const common = both('config.a=1', 'config.b=1', 'env.X=1', 'options.x=1', 'client=.');
    expect(withCommon(read('config.b=2,env.NODE_OPTIONS=--y'), common)).toMatchObject({
      config: { a: '1', b: '2' },
      env: { X: '1', NODE_OPTIONS: '--y' },
      options: { x: 1 },
      client: '.',
      label: 'config.b=2,env.NODE_OPTIONS=--y',
    });
    expect(withCommon(read('same'), common).config).toEqual({ a: '1', b: '1' });
  });

  it('has no configuration of its own where neither says one: that would mean a server of its own', () => {
    expect(withCommon(read('prefetch=7'), both('client=.'))).toEqual({
      client: '.',
      prefetch: 7,
      label: 'prefetch=7',
    });
  });
});

describe('applied to a scenario', () => {
  const scenario = async (...names: string[]): Promise<Scenario> => ({
    ...planOf().scenario,
    targets: await Promise.all(names.map((name) => resolveTarget(name))),
  });

  it('changes what it names and nothing else', async () => {
    const before = await scenario('rabbitmq');
    const after = await applyVariant(before, read('prefetch=7,options.queueType=quorum'), folder, 'A');
    expect(after).toEqual({
      ...before,
      prefetch: 7,
      targets: [{ ...before.targets[0], options: { ...before.targets[0]!.options, queueType: 'quorum' } }],
    });
  });

  it('refuses options the adapter does not take, and one server for several targets', async () => {
    await expect(applyVariant(await scenario('rabbitmq'), read('options.nope=1'), folder, 'A')).rejects.toThrow(/nope/);
    await expect(applyVariant(await scenario('rabbitmq', 'kafka'), read('image=x'), folder, 'A')).rejects.toThrow(
      /one target/,
    );
    await expect(applyVariant(await scenario('memory'), read('adapter=./no.js'), folder, 'A')).rejects.toThrow(
      /no adapter/,
    );
  });

  it('adds lines to a local server’s configuration, and refuses a line break', async () => {
    const software = await withConfig(
      {
        ...localKinds.kafka,
        obtain: async () => ({
          version: '1',
          provenance: {},
          launch: () => ({ files: { 'conf/server.properties': 'a = 1\n' } }) as never,
        }),
      },
      { 'log.flush.interval.messages': '1', 'ssl.key.password': 'hidden' },
    ).obtain({} as never);
    expect(software.launch({} as never).files['conf/server.properties']).toBe(
      'a = 1\n\nlog.flush.interval.messages = 1\nssl.key.password = hidden\n',
    );
    expect(software.provenance).toEqual({
      configuration: 'log.flush.interval.messages = 1; ssl.key.password = ***',
    });
    expect(() => withConfig(localKinds.kafka, { a: '1\nb = 2' })).toThrow(UsageError);
  });
});
