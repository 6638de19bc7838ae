import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { validate } from '../../src/commands/validate.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is said of a scenario whose guarantee ActiveMQ cannot give. */
async function replicatedOn(targets: string) {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, `name: a\ntargets: ${targets}\nguarantee: replicated\nsizes: [1KB]\nmessages: 1000\n`);
  return validate([file]);
}

test('a scenario that no target can do is as bad as `run` finds it', async () => {
  const { text, errors } = await replicatedOn('[activemq]');
  expect(text).toBe('');
  expect(errors).toMatchObject([
    { exitCode: 2, message: expect.stringMatching(/^No target can do this: activemq/) as unknown },
  ]);
});

test('one that some targets can do is good, and the others are named', async () => {
  const { text, errors } = await replicatedOn('[rabbitmq, activemq]');
  expect(errors).toEqual([]);
  expect(text).toMatch(/good; .*\n.*activemq.* will be left out/);
});
