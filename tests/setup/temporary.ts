/** A folder for the whole test run, for what workers of several tests may still read; it goes at the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    temporary: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-tests-'));
  project.provide('temporary', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
