import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Metrics, readListen, serveMetrics } from '../../src/monitor/prometheus/index.js';
import { packageRoot } from '../../src/root.js';

describe('the scrape endpoint', () => {
  it('serves what was last seen, on loopback', async () => {
    const metrics = new Metrics();
    metrics.update([{ target: 'kafka', at: '', error: 'gone' }]);
    const endpoint = await serveMetrics(metrics, '0');
    try {
      expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      expect(await (await fetch(endpoint.url)).text()).toContain('mqbench_broker_up{target="kafka"} 0');
      expect((await fetch(endpoint.url.replace('/metrics', '/other'))).status).toBe(404);
    } finally {
      await endpoint.close();
    }
  });

  it('refuses an address that is none', () => {
    expect(readListen('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(() => readListen('a b')).toThrow(/no address/);
    expect(() => readListen('h:70000')).toThrow(/no address/);
  });
});

describe('the Grafana dashboard', () => {
  it('uses only metrics that are exported', () => {
    const text = readFileSync(join(packageRoot, 'assets', 'grafana', 'mqbench.json'), 'utf8');
    const used = new Set(text.match(/mqbench_\w+/g));
    expect(used.size).toBeGreaterThan(4);
    const names = new Metrics().names;
    expect([...used].filter((name) => !names.includes(name))).toEqual([]);
  });
});
