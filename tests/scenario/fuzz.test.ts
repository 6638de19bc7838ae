/** No text, and no flag, ends in anything but a scenario or an error meant for people, within seconds. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatError } from '../../src/commands/print-error.js';
import { readUrls } from '../../src/commands/run-flags.js';
import { dryRun } from '../../src/commands/dry-run.js';
import { MqbenchError } from '../../src/errors.js';
import { packageRoot } from '../../src/root.js';
import { limits } from '../../src/scenario/limits.js';
import { fieldNames } from '../../src/scenario/schema.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { readCount, readDuration, readRate, readSize } from '../../src/scenario/units.js';

/** Far more than any input takes, also on a slow machine; what explodes takes longer than anybody waits. */
const withinMs = 60_000;
const numRuns = process.env['MQBENCH_TEST_LONG'] === '1' ? 5_000 : 100;

/** Runs it; what it throws must be an error for people, readable and quiet on a terminal. */
async function endsWell(what: () => unknown): Promise<void> {
  const began = performance.now();
  try {
    await what();
  } catch (error) {
    if (!(error instanceof MqbenchError)) throw error;
    expect(error.exitCode).toBe(2);
    const text = formatError(error, { colour: false, debug: false });
    expect(text).not.toMatch(/^ +at /m);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(text.length).toBeLessThan(40_000);
  }
  expect(performance.now() - began).toBeLessThan(withinMs);
}

const shipped = readFileSync(join(packageRoot, 'scenarios', 'round-robin.yaml'), 'utf8');

/** Words that mean something to YAML, JavaScript or a terminal. */
const nastyWord = fc.oneof(
  fc.constantFrom(
    ...['__proto__', 'constructor', 'toString', '<<', '*a', '&a', '!!js/function', '%YAML 9.9', '---', '...', '~'],
    ...['null', 'NaN', '.inf', '-.INF', '0x7fffffff', '1e999', '1e12', '2GB', '10_000', '-0', '0o17', '2026-11-21'],
    ...['\u001b[2J', '\u202e', '\ud800', '\u0000', '\r', '\t', '🐇', 'a'.repeat(10_000), '9'.repeat(5_000)],
    ...['rabbitmq', 'kafka', 'memory', '100B', '1KB', '5s', '100/s'],
    ...['stream', 'node:fs', 'data:text/javascript,', 'file:', './a\0.js'],
  ),
  fc.string({ unit: 'binary' }),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    nastyWord,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.oneof(
        nastyWord,
        fc.constantFrom('name', 'base', 'adapter', 'options', 'url', 'rate', 'mode', 'inFlight', 'file'),
      ),
      tie('value'),
      {
        maxKeys: 5,
      },
    ),
  ),
})).value;

describe('a scenario of', () => {
  it('random text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) =>
        endsWell(() => parseScenario(text, 'x.yaml')),
      ),
      { numRuns },
    );
  });

  it('YAML’s own characters', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...' \n:-?[]{},#&*!|>%@`\'"\t',
        '\n  ',
        ': ',
        '- ',
        '&a ',
        '*a',
        '<<: ',
        '!!',
        'sizes: ',
        'name: ',
      ),
      nastyWord,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 200 }), (pieces) =>
        endsWell(() => parseScenario(pieces.join(''), 'x.yaml')),
      ),
      { numRuns },
    );
  });

  it('the right keys with anything as values', async () => {
    const scenario = fc.dictionary(fc.oneof(fc.constantFrom<string>(...fieldNames), nastyWord), value, { maxKeys: 12 });
    await fc.assert(
      fc.asyncProperty(scenario, (data) => endsWell(() => parseScenario(stringify(data), 'x.yaml'))),
      { numRuns },
    );
  });

  it('a good file with a piece cut out, doubled, or exchanged', async () => {
    const place = fc.nat({ max: shipped.length });
    await fc.assert(
      fc.asyncProperty(place, place, nastyWord, fc.nat({ max: 3 }), (a, b, word, times) =>
        endsWell(() =>
          parseScenario(
            shipped.slice(0, Math.min(a, b)) + word.repeat(times) + shipped.slice(times === 0 ? Math.max(a, b) : a),
            'x.yaml',
          ),
        ),
      ),
      { numRuns },
    );
  });

  it.each([
    ['brackets', '['.repeat(900_000)],
    ['nested maps', '{a: '.repeat(200_000)],
    ['indentation', Array.from({ length: 1_300 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
    ['keys', Array.from({ length: 90_000 }, (_, n) => `k${n}: 1`).join('\n')],
    ['the same key', 'name: x\n'.repeat(100_000)],
    ['sizes', `sizes: [${'1KB, '.repeat(190_000)}1KB]`],
    ['targets', `targets: [${'kafak, '.repeat(120_000)}kafka]`],
    ['a long name', `name: ${'x'.repeat(900_000)}`],
    ['a long number', `messages: ${'9'.repeat(900_000)}`],
    ['a long unknown key', `${'x'.repeat(900)}: 1\n${'y'.repeat(900_000)}: 2`],
    ['anchors', Array.from({ length: 40_000 }, (_, n) => `k${n}: &a${n} [1]`).join('\n')],
    ['aliases', `a: &a [1]\nb: [${'*a, '.repeat(200_000)}*a]`],
    ['merge keys', `a: &a {x: 1}\n${'b:\n  <<: *a\n'.repeat(50_000)}`],
    ['a block of text', `description: |\n${'  x\n'.repeat(200_000)}`],
    ['documents', '---\nname: x\n'.repeat(70_000)],
    ['directives', '%TAG ! tag:x:\n'.repeat(60_000)],
    ['comments', '# x\n'.repeat(240_000)],
    ['quotes', '"'.repeat(900_000)],
    ['tabs', '\t'.repeat(900_000)],
  ])('very many %s takes no more than seconds', async (_, text) => {
    // As much of it as a file may have.
    await endsWell(() => parseScenario(text.slice(0, limits.fileBytes), 'x.yaml'));
  });
});

describe('quantities', () => {
  it('are read or refused, whatever they are', () => {
    for (const read of [readSize, readDuration, readCount, readRate])
      fc.assert(
        fc.property(
          fc.oneof(value, fc.stringMatching(/^[-+]?[\d_.,]{1,50}(e[-+]?\d{1,9})?\s*[a-zA-Z/]{0,5}$/)),
          (any) => {
            const reading = read(any);
            if (reading.ok) expect(Number.isFinite(reading.value)).toBe(true);
            else expect(reading.message).not.toBe('');
          },
        ),
        { numRuns },
      );
  });
});

describe('flags', { timeout: 120_000 }, () => {
  it('are taken or refused, whatever they are', async () => {
    const text = fc.oneof(nastyWord, fc.stringMatching(/^[-+]?[\d_.,]{1,20}(e[-+]?\d{1,4})?\s*[a-zA-Z/]{0,5}$/));
    const names = ['messages', 'duration', 'repetitions', 'rate', 'warmup', 'seed'];
    const lists = [
      'target',
      'adapter',
      'size',
      'url',
      'producers',
      'consumers',
      'destinations',
      'prefetch',
      'guarantee',
    ];
    const flags = fc.record(
      {
        ...Object.fromEntries(names.map((name) => [name, text])),
        ...Object.fromEntries(lists.map((name) => [name, fc.array(text, { maxLength: 3 })])),
      },
      { requiredKeys: [] },
    );
    const rest = {
      server: 'local',
      json: false,
      dryRun: true,
      print: false,
      allowMissing: false,
      forceFaults: false,
      signal: new AbortController().signal,
    };
    await fc.assert(
      fc.asyncProperty(flags, (given) =>
        endsWell(() => dryRun(['round-robin'], { url: [], ...rest, server: 'local', ...given })),
      ),
      { numRuns },
    );
  });

  it('never show an address that may hold a password', () => {
    const scenario = { targets: [] } as unknown as Parameters<typeof readUrls>[1];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          readUrls([`kafka=amqp://me:hunter2${text}@host`, `amqp://me:hunter2${text}@host`], scenario, 'auto');
        } catch (error) {
          expect(formatError(error, { colour: false, debug: true })).not.toContain('hunter2');
        }
      }),
    );
  });
});
