/**
 * npm run bench: what mqbench costs over a bare loop of the same client library, in pairs of drawn order.
 * Flags: --target rabbitmq,kafka,activemq  --size 100  --pairs 7  --seed 1  --messages N
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { overhead } from './overhead.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'rabbitmq,kafka,activemq' },
    size: { type: 'string', default: '100' },
    pairs: { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
    messages: { type: 'string' },
  },
});

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const logDir = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
try {
  for (const target of values.target.split(',')) {
    await overhead({
      target,
      sizeBytes: Number(values.size),
      pairs: Number(values.pairs),
      seed: Number(values.seed),
      messages: values.messages === undefined ? undefined : Number(values.messages),
      logDir,
      signal: controller.signal,
    });
  }
} finally {
  rmSync(logDir, { recursive: true, force: true });
}
