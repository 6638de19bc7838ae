import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import type { StartContext } from '../../../src/servers/provider.js';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Removed after the test. The name holds what breaks careless code. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mqbench store&a|b:c-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** As {@link temporaryFolder}, without anything special in its path. */
export async function plainFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mqbench-store-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Closed after the test. */
export async function httpServer(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

export interface RecordingContext extends StartContext {
  /** What was told of each step, in order. */
  readonly steps: { what: string; total?: number; last: number; done: boolean }[];
  readonly abort: () => void;
}

export function recordingContext(): RecordingContext {
  const controller = new AbortController();
  const steps: RecordingContext['steps'] = [];
  return {
    steps,
    abort: () => controller.abort(),
    signal: controller.signal,
    progress: {
      step(what, total) {
        const step = { what, last: 0, done: false, ...(total === undefined ? {} : { total }) };
        steps.push(step);
        return { update: (done) => (step.last = done), done: () => (step.done = true) };
      },
    },
  };
}

/** The error that a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

/** Files anywhere below a folder, relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
