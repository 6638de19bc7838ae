import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'examples/*/*.test.ts'],
    // Two cores: files one after another, so that brokers and browsers do not starve each other.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    globalSetup: ['tests/setup/brokers.ts'],
  },
});
