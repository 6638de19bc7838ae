/** Reads a stored histogram with HdrHistogram for Java: its log processor decodes it and lists its percentiles. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../dist/servers/local/store/index.js';

export interface DecodedHistogram {
  readonly count: number;
  readonly maxMs: number;
  /** The value at a percentile, from 0 to 100, in milliseconds. */
  atMs(percentile: number): number;
}

/** So many steps each half of the way to 100 % that every value that occurs gets a row. */
const ticksPerHalf = 20_000;

/** Of a message: far more than doubles are off by, and far less than one. */
const rounding = 1e-6;

/**
 * @param hdr V2 compressed encoding in base64, of nanoseconds
 * @throws Error when the log processor fails
 */
export async function decodeWithJava(
  java: string,
  jar: string,
  hdr: string,
  signal: AbortSignal,
): Promise<DecodedHistogram> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
  try {
    const log = join(folder, 'histogram.hlog');
    const out = join(folder, 'decoded');
    const head = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"';
    writeFileSync(log, `#[Histogram log format version 1.3]\n${head}\n0.000,1.000,0,${hdr}\n`);
    const flags = ['-percentilesOutputTicksPerHalf', String(ticksPerHalf), '-outputValueUnitRatio', '1'];
    const { ok, stderr } = await runCommand(
      java,
      ['-cp', jar, 'org.HdrHistogram.HistogramLogProcessor', '-i', log, '-o', out, ...flags],
      { signal, timeoutMs: 60_000 },
    );
    if (!ok) throw new Error(`HistogramLogProcessor failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return parse(readFileSync(`${out}.hgrm`, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows of value, percentile and how many messages are at or below the value; maximum and count at the end. */
function parse(text: string): DecodedHistogram {
  const rows = [...text.matchAll(/^\s*([\d.]+)\s+[\d.]+\s+(\d+)/gm)].map(([, value, total]) => ({
    ms: Number(value) / 1e6,
    total: Number(total),
  }));
  const [, max, count] = /Max\s+=\s+([\d.]+), Total count\s+=\s+(\d+)/.exec(text) ?? [];
  const messages = Number(count);
  return {
    count: messages,
    maxMs: Number(max) / 1e6,
    // 99.9 / 100 × 2,000 is a little more than 1,998 as doubles multiply.
    atMs: (percentile) => rows.find(({ total }) => total >= (percentile / 100) * messages - rounding)?.ms ?? NaN,
  };
}
