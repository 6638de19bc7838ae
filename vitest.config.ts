import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/setup/longest-first.js';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'examples/*/*.test.ts'],
    // Most tests wait for brokers: two files at a time keep two cores busy without starving one another.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Only what hangs is to end by these: a slow machine, shared with others, needs several times what a quiet one does.
    testTimeout: process.env['MQBENCH_TEST_LONG'] === '1' ? 900_000 : 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    globalSetup: ['tests/setup/brokers.ts', 'tests/setup/temporary.ts'],
  },
});
