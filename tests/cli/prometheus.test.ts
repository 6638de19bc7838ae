/** `mqbench run --prometheus`: what a scrape sees while a run goes on, and that nothing of it stays. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../src/contract/bench.js';
import { Mqbench } from './mqbench.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-scrape-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const args = ['run', '--target', 'memory', '--size', '100B', '--repetitions', '1', '--warmup', '0s'];

describe('mqbench run --prometheus', () => {
  it('serves rates, latencies and CPU while a run goes on, and nothing after Ctrl-C', async () => {
    const out = join(folder, 'scraped');
    const command = new Mqbench([...args, '--duration', '60s', '--prometheus', '0', '--out', out], { cwd: folder });
    await command.says(/metrics for Prometheus: \S+\n/);
    const url = /metrics for Prometheus: (\S+)/.exec(command.stderr)?.[1] ?? '';
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const of = '{scenario="round-robin",target="memory",cell="memory/100B"';
    let page = '';
    const value = (name: string): number => {
      const line = page.split('\n').find((one) => one.startsWith(`${name} `));
      return line === undefined ? NaN : Number(line.slice(name.length));
    };
    const received = `mqbench_run_messages_received_total${of},phase="measure"}`;
    const scrape = async (): Promise<void> => {
      page = await (await fetch(url)).text();
    };
    await eventually('messages are counted', async () => {
      await scrape();
      return value(received) > 0;
    });
    const first = value(received);
    await eventually('they are counted on', async () => {
      await scrape();
      return value(received) > first;
    });
    const count = `mqbench_run_end_to_end_latency_seconds_count${of}}`;
    expect(value(count)).toBeGreaterThan(0);
    expect(value(`mqbench_run_end_to_end_latency_seconds_bucket${of},le="+Inf"}`)).toBe(value(count));
    expect(value(`mqbench_run_stage${of},repetition="1",stage="measure"}`)).toBe(1);
    expect(page).toContain('# TYPE mqbench_run_messages_received_total counter\n');
    if (existsSync('/proc/self/stat')) expect(page).toContain(`mqbench_run_workers_cpu_seconds_total${of}}`);
    command.child.kill('SIGINT');
    expect((await command.finished).code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
    expect(await command.gone(10_000)).toEqual([]);
  });

  it('says that its port is taken before anything is started', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const out = join(folder, 'taken');
    try {
      const command = new Mqbench([...args, '--prometheus', `127.0.0.1:${port}`, '--out', out], { cwd: folder });
      const { code, stdout, stderr } = await command.finished;
      expect(code).toBe(6);
      expect(stdout).toBe('');
      expect(stderr).toContain(`--prometheus 127.0.0.1:${port}`);
      expect(stderr).toMatch(/the port is taken/);
      expect(stderr).not.toMatch(/run 1\/1/);
      expect(existsSync(out)).toBe(false);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
