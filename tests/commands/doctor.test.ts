import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, inject, it, vi } from 'vitest';
import { diagnose } from '../../src/commands/doctor.js';
import { checkBrokers } from '../../src/doctor/brokers.js';
import type { Check } from '../../src/doctor/check.js';
import { checkMachine } from '../../src/doctor/machine.js';

const good: Check = { name: 'java', status: 'ok', found: '17' };
const poor: Check = { name: 'cores', status: 'warning', found: '2 cores', advice: 'more cores' };
const bad: Check = { name: 'kafka', status: 'problem', found: 'cannot be had here', advice: 'install Java' };

describe('doctor', () => {
  it.each([
    [[good], 0],
    [[good, poor], 0],
    [[good, poor, bad], 6],
  ])('ends with what the checks deserve (%#)', (checks, exitCode) => {
    expect(diagnose(checks, false).exitCode).toBe(exitCode);
    expect(JSON.parse(diagnose(checks, true).text)).toEqual({ ok: exitCode === 0, checks });
  });

  it('says what to do, and only where something is to be done', () => {
    expect(diagnose([good, poor, bad], false).text).toContain(
      'What to do:\n  cores: more cores\n  kafka: install Java\n',
    );
    expect(diagnose([good], false).text).not.toContain('What to do');
  });

  it('looks at the machine', async () => {
    const checks = await checkMachine();
    expect(checks.map(({ name }) => name)).toEqual([
      'cores',
      'memory',
      'disk for cache',
      'disk for temporary files',
      'clock',
      'governor',
      'load',
      'steal',
    ]);
    for (const { status, found, advice } of checks) {
      expect(found).not.toMatch(/NaN|undefined/);
      expect(advice === undefined).toBe(status === 'ok');
    }
  });

  it('takes a broker that is named', async () => {
    const env = { ...process.env, MQBENCH_KAFKA_URL: 'kafka://me:hush-hush@host:9092' };
    const checks = await checkBrokers(env, new AbortController().signal);
    expect(checks).toContainEqual({ name: 'kafka', status: 'ok', found: 'named by MQBENCH_KAFKA_URL' });
    expect(JSON.stringify(checks)).not.toContain('hush-hush');
  });
});

describe('what doctor says of the way to a broker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-doctor-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => vi.unstubAllEnvs());

  async function found(...ids: readonly string[]): Promise<readonly Check[]> {
    for (const id of ids) vi.stubEnv(`MQBENCH_${id.toUpperCase()}_URL`, undefined);
    const checks = await checkBrokers(process.env, new AbortController().signal);
    return ids.map((id) => checks.find(({ name }) => name === id)!);
  }
  /** Nothing but Node itself can be run: no Docker, no Java, no apt. */
  const withNothing = (): void => {
    vi.stubEnv('PATH', folder);
    vi.stubEnv('JAVA_HOME', undefined);
  };
  /** A Docker engine would be taken first, and a distribution without apt has no Java to fetch. */
  const fetches = async (): Promise<boolean> => {
    const checks = await checkBrokers(process.env, new AbortController().signal);
    return (
      checks.some(({ name, found: text }) => name === 'docker' && text.includes('processes of their own')) &&
      checks.every(({ status }) => status === 'ok')
    );
  };

  it('tells what an empty cache makes it download, and does not make one', async ({ skip }) => {
    skip(!(await fetches()), 'a Docker engine, or no Java');
    const cache = join(folder, 'none');
    vi.stubEnv('MQBENCH_CACHE', cache);
    for (const { status, found: text } of await found('kafka', 'activemq')) {
      expect(status).toBe('ok');
      expect(text).toMatch(/^a process of its own: (Kafka|ActiveMQ) \d[\d.]*, \d+ MB to be downloaded/);
    }
    expect(existsSync(cache)).toBe(false);
  });

  it('tells what is in the cache', async ({ skip }) => {
    const { kafka } = inject('servers');
    skip(!('provider' in kafka) || kafka.provider !== 'local', 'no local Kafka in this test run');
    skip(!(await fetches()), 'a Docker engine');
    const [check] = await found('kafka');
    expect(check?.found).toMatch(/^a process of its own: Kafka \d[\d.]*, in the cache/);
  });

  it('tells what is lacking where nothing can be had, and each way out', async () => {
    withNothing();
    for (const { name, status, found: text, advice } of await found('kafka', 'activemq')) {
      expect([status, text]).toEqual([
        'problem',
        'cannot be had here: there is no Java 17 or later, and no apt to fetch one with',
      ]);
      expect(advice).toMatch(/install Java 17 .*Docker.*MQBENCH_/);
      expect(advice).toContain(`MQBENCH_${name.toUpperCase()}_URL`);
    }
  });

  it('tells of a cache that may not be used', async ({ skip }) => {
    skip(!(await fetches()), 'a Docker engine, or no Java');
    const cache = join(folder, 'open');
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    vi.stubEnv('MQBENCH_CACHE', cache);
    const [check] = await found('kafka');
    expect(check?.status).toBe('problem');
    expect(check?.found).toMatch(/^cannot be had here: Other users may write to the cache folder.*open\)$/);
    expect(check?.advice).toMatch(/chmod go-w/);
  });
});
