/** The workflow that teams copy: it needs nothing of this repository, and mqbench takes what it is given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSettings, readVariant } from '../../src/ab/variant.js';
import { importAdapter } from '../../src/brokers/external.js';
import { packageRoot } from '../../src/root.js';
import { builtInTargets } from '../../src/scenario/targets.js';

const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
const matrix = z.object({ matrix: z.object({ target: z.array(z.string()) }) });
const { steps, strategy } = z
  .object({ jobs: z.object({ gate: z.object({ strategy: matrix, steps: z.array(step) }) }) })
  .parse(parse(readFileSync('.github/workflows/mqbench-gate.yml', 'utf8'))).jobs.gate;
const { inputs } = z
  .object({ inputs: z.record(z.string(), z.unknown()) })
  .parse(parse(readFileSync('action.yml', 'utf8')));
const gate = steps.find(({ uses }) => uses === './')!.with!;

it('installs and gates, and does nothing that only this repository can', () => {
  expect(steps.map(({ uses, run }) => uses ?? run?.split(' ')[0])).toEqual([
    'actions/checkout@v4',
    'actions/setup-node@v4',
    'npm',
    './',
  ]);
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(gate)));
});

/** An input of one job of the matrix. */
const inputOf = (name: string, target: string): string => String(gate[name]).replaceAll('${{ matrix.target }}', target);

it('gates the three brokers, each with a result and a comment of its own', () => {
  expect(strategy.matrix.target).toEqual(['rabbitmq', 'kafka', 'activemq']);
  const artifacts = strategy.matrix.target.map((target) => inputOf('artifact', target));
  expect(new Set(artifacts).size).toBe(3);
});

it.each(strategy.matrix.target)('takes what is measured from the checkout of each side: %s', async (target) => {
  const base = readVariant(inputOf('base', target), 'base', (ref) => ({ ref }));
  expect(base.ref).toMatch(/pull_request\.base\.sha/);
  expect(base.prepare).toMatch(/^npm ci/);
  expect(inputOf('target', target)).toBe(target);
  // One for both sides: whatever the base has of it is measured against whatever the head has.
  const { adapter } = readSettings([inputOf('with', target)], 'with');
  expect(base.adapter).toBeUndefined();
  const { id } = await importAdapter(pathToFileURL(join(packageRoot, adapter!)).href);
  expect(id).toBe(builtInTargets.get(target)?.adapter);
});
