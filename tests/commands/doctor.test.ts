import { describe, expect, it } from 'vitest';
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
