import { describe, expect, it } from 'vitest';
import { composeReport } from '../../src/report/compose.js';
import { formatMs, formatRate } from '../../src/report/format.js';
import { escapeMarkdown, renderMarkdown } from '../../src/report/markdown.js';
import { buildModel } from '../../src/report/model.js';
import { renderTerminal } from '../../src/report/table.js';
import type { Result } from '../../src/results/schema.js';
import { formatSize } from '../../src/scenario/units.js';
import { makeEmptyResult, makeFailed, makePartialResult, makeResult, withTarget } from './fixtures.js';

const terminal = (result: Result | Result[], columns = 100, color = false): string =>
  renderTerminal(composeReport([result].flat().map(buildModel), 'brief'), { columns, color });
const markdown = (result: Result): string => renderMarkdown(composeReport([buildModel(result)], 'full'));
/** Lines of one table row, joined: long cells wrap. */
const section = (text: string, title: string): string => text.split(`\n\n${title}`)[1]?.split('\n\n')[0] ?? '';

const result = makeResult();

describe('where a server came from', () => {
  it('is told in full, but of many packages only how many they were', () => {
    const from = (count: number): string => {
      const packages = Array.from({ length: count }, (_, i) => [`package p${i}`, `1.0 sha256 ${'ab'.repeat(32)}`]);
      const [target, ...others] = result.targets;
      const provenance = { software: 'unpacked', ...(Object.fromEntries(packages) as Record<string, string>) };
      return markdown({ ...result, targets: [{ ...target!, provenance }, ...others] });
    };
    expect(from(2)).toContain(`package p1: 1.0 sha256 ${'ab'.repeat(32)}`);
    expect(from(20)).toContain('software: unpacked; packages: 20, with versions and hashes in result.json');
    expect(from(20)).not.toContain('package p1');
  });
});

describe('the terminal report', () => {
  it.each([100, 80])('fits %i columns', (columns) => {
    for (const text of [
      terminal(result, columns),
      terminal(makePartialResult(), columns),
      terminal([result, { ...result, id: 'other' }], columns),
    ])
      expect(text.split('\n').filter((line) => [...line].length > columns)).toEqual([]);
  });

  it('is plain without colour and coloured with it', () => {
    expect(terminal(result)).not.toMatch(/\u001b/);
    expect(terminal(result, 100, true)).toContain('\u001b[1mkafka\u001b[22m');
  });

  it('has the medians, and says beside them what they measure', () => {
    const cell = buildModel(result).cells.find((c) => c.id === 'kafka/100B');
    const row = section(terminal(result), 'Throughput')
      .split('\n')
      .find((line) => line.includes('100 B  kafka'));
    expect(row).toContain(formatRate(cell?.throughput?.median ?? NaN));
    expect(row).toContain('measures the client library');
    expect(section(terminal(result), 'End-to-end latency under saturation, ms')).toContain(
      formatMs(cell?.latency?.endToEnd?.p999Ms.median ?? NaN),
    );
  });

  it('says under saturation of a closed loop only', () => {
    const paced = makeResult({ sizes: [100], load: { kind: 'rate', perSecond: 2_000 } });
    expect(terminal(result)).toMatch(/latency\s+is\s+mostly\s+the\s+length\s+of\s+the\s+queue/);
    expect(terminal(paced)).not.toMatch(/saturation/i);
    expect(terminal(paced)).toContain('End-to-end service time');
  });

  it('says what is missing, partial, refused and unsupported, first and last', () => {
    const lines = terminal(makePartialResult()).split('\n');
    for (const part of [lines.slice(0, 12), lines.slice(-7)]) {
      const text = part.join('\n');
      expect(text).toContain('Partial result: interrupted.');
      expect(text).toContain('Missing target activemq: Java 17 or later is needed');
      expect(text).toContain('Refused: kafka at 2 MB');
      expect(text).toContain('† rabbitmq: RabbitMQ 3.10.8 is no longer supported');
    }
  });

  it('shows a failed run with its loss and keeps it out of the median', () => {
    const failed = makeResult({
      sizes: [100],
      alterRun: (run) => (run.id === 'kafka/100B#2' ? makeFailed(run) : run),
    });
    const text = terminal(failed, 120);
    expect(text).toContain('1 run of 9 failed');
    expect(text).toMatch(/100 B {2}kafka +2\/3 .*not counted: 1 failed/);
    expect(section(text, 'Delivery')).toMatch(/kafka .* 37 /);
    expect(section(text, 'Every run')).toMatch(/kafka\/100B run 2 +failed/);
    expect(text).toContain('37 confirmed messages never arrived');
  });

  it('tells each target’s server, client, guarantee and dispatch', () => {
    const text = terminal(result, 200);
    expect(text).toContain('Apache Kafka 4.3.1 (local)');
    expect(text).toContain('kafkajs 2.2.4');
    expect(text).toContain('a confirm means: The one replica has the message in its log');
    expect(text).toContain('replication.factor: 1');
    expect(text).toContain('kafka: dispatch is static.');
  });

  it('lays two results side by side and warns when they answer different questions', () => {
    const side = { ...result, id: 'other', scenario: { ...result.scenario, digest: 'c'.repeat(64) } };
    const other = { ...side, startedAt: '2026-11-01T09:00:00.000Z' };
    const text = terminal([result, other], 120);
    expect(text).toMatch(/100 B {2}kafka +A .*\n.*100 B {2}kafka +B /);
    expect(text).toContain('different questions');
    expect(text).not.toContain('different machines');
    // The two sides of a session differ in what is compared: that is no other question.
    expect(terminal([result, side], 120)).not.toContain('different questions');
  });

  it('gets along with nothing at all', () => {
    const text = terminal(makeEmptyResult());
    expect(text).toContain('Missing target rabbitmq: nothing listens there.');
    expect(text).toMatch(/100 B {2}rabbitmq +0\/0 .*missing/);
  });

  it('lets no name move the cursor', () => {
    const hostile = withTarget(makeResult({ sizes: [100] }), 'kafka', 'ka\u001b[2Jfka\u0007\r');
    expect(terminal(hostile)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('summary.md', () => {
  it('has the terminal’s figures and every run’s evidence', () => {
    const text = markdown(result);
    for (const run of result.runs) {
      expect(text).toContain(escapeMarkdown(run.verdict.evidence[0] ?? 'none'));
      expect(text).toContain(`${run.cell} run ${run.repetition}`);
    }
    const cell = buildModel(result).cells.find((c) => c.id === 'activemq/10000B');
    expect(text).toContain(`| **${formatRate(cell?.throughput?.median ?? NaN)}** |`);
  });

  it('says in one word what bounded each run, with the evidence beside it', () => {
    const bounds = ['machine', 'producer', 'consumer', 'broker', 'rate', 'work', 'unknown'] as const;
    const judged = makeResult({
      repetitions: 1,
      alterRun: (run) => ({
        ...run,
        verdict: { ...run.verdict, bound: bounds[run.order % bounds.length] ?? 'unknown', evidence: [`why ${run.id}`] },
      }),
    });
    const lines = markdown(judged).split('\n');
    const words = new Set(
      judged.runs.map(({ id, cell, repetition }) => {
        const row = lines.find((line) => line.startsWith(`| **${cell} run ${repetition}** |`)) ?? '';
        const [limit, evidence] = row.split(' | ').slice(-2);
        expect(evidence).toContain(escapeMarkdown(`why ${id}`));
        return limit;
      }),
    );
    expect([...words].sort()).toEqual(['broker', 'consumers', 'machine', 'producer', 'rate', 'work', '–']);
  });

  it('has every warning, the machine, and what a confirm means and was set on each', () => {
    const base = makePartialResult();
    const warned: Result = {
      ...base,
      warnings: ['the disk is nearly full'],
      runs: base.runs.map((run) => ({
        ...run,
        verdict: { ...run.verdict, warnings: [`something of ${run.id}`] },
        broker: { samples: [], ...run.broker, notes: [`a note of ${run.cell}`] },
      })),
    };
    const text = markdown(warned);
    const told = [
      ...warned.warnings,
      ...warned.runs.flatMap(({ verdict, broker }) => [...verdict.warnings, ...(broker?.notes ?? [])]),
      ...warned.missing.map(({ reason }) => reason),
      ...warned.targets.flatMap(({ versionWarning, confirmMeans, guaranteeSettings }) => [
        ...(versionWarning === undefined ? [] : [versionWarning]),
        confirmMeans,
        ...Object.entries(guaranteeSettings).map(([name, value]) => `${name}: ${value}`),
      ]),
      warned.environment.cpuModel,
      warned.environment.kernel,
    ];
    expect(told.length).toBeGreaterThan(20);
    for (const one of told) expect(text).toContain(escapeMarkdown(one));
  });

  it('has rows as wide as their heads', () => {
    for (const table of markdown(makePartialResult()).match(/(^\|.*\n)+/gm) ?? []) {
      const widths = new Set(
        table
          .trim()
          .split('\n')
          .map((line) => line.replaceAll('\\|', '').split('|').length),
      );
      expect(widths.size).toBe(1);
    }
  });

  it('takes a name as text', () => {
    expect(escapeMarkdown('a|b <img src=x onerror=alert(1)> [x](javascript:y) **z**\nq')).toBe(
      'a\\|b &lt;img src=x onerror=alert(1)&gt; \\[x\\](javascript:y) \\*\\*z\\*\\*<br>q',
    );
  });
});

describe('numbers', () => {
  it.each([
    [0.000412, '0.000412'],
    [0.412, '0.412'],
    [4.125, '4.13'],
    [41.25, '41.3'],
    [1234.5, '1,235'],
    [0, '0'],
  ])('%d ms is %s', (value, text) => {
    expect(formatMs(value)).toBe(text);
  });
  it.each([
    [100, '100 B'],
    [1_000, '1 KB'],
    [1_024, '1 KiB'],
    [65_536, '64 KiB'],
    [1_500, '1.5 KB'],
    [2_000_000, '2 MB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatSize(bytes, ' ')).toBe(text);
  });
});
