/**
 * The gate's statistics on made-up runs: how often each verdict falls, for known changes and known noise. Pure CPU;
 * the figures do not depend on the machine. A gate is three cells, judged by the very functions that `check` uses.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { frame, type Head, type Plot } from '../dist/report/plots/plot.js';
import { loadRenderer } from '../dist/report/render.js';
import { normal, uniform } from '../dist/stats/normal.js';
import { mostConfirming, sequenceState, standardLooks } from '../dist/stats/sequence.js';
import { signedRankInterval } from '../dist/stats/signed-rank.js';
import { alpha, limitOf, passes } from '../dist/stats/verdict.js';
import type { Suite } from './options.js';

/** Gates of each kind where nobody says otherwise: a share's 95 % error is then at most 2.6 points. */
const defaultGates = 1_500;
/** The default margin of throughput. */
const margin = 0.1;
/** Where the figures and the plot go. */
const out = 'docs/plots';

/** What disturbs the runs of a cell, beside normal noise. */
const disturbances = ['none', 'drift', 'outliers', 'bimodal'] as const;
type Disturbance = (typeof disturbances)[number];
/** Standard deviation of a run's ln throughput. */
const noises = [0.02, 0.05, 0.08, 0.12] as const;
const cells = 3;
/** Runs of a cell that it takes to the last look and then the longest confirmation. */
const longest = 2 * (Math.max(...standardLooks) + mostConfirming);

/** Of one cell's runs. */
interface Machine {
  readonly sd: number;
  readonly disturbance: Disturbance;
}

/**
 * ln throughput of run after run. Drift: the machine loses 1 % a run over the first half of the longest gate and gains
 * it back, and wanders by as much as the noise. Outliers: one run in 20 loses 30 to 60 %. Bimodal: three runs in ten
 * are in a mode that is two and a half standard deviations slower.
 */
function runsOf({ sd, disturbance }: Machine, draw: () => number, chance: () => number): () => number {
  let run = 0;
  let wander = 0;
  return () => {
    run++;
    let value = draw() * sd;
    if (disturbance === 'drift') {
      wander += draw() * sd * 0.5;
      value += wander - 0.01 * Math.min(run, Math.max(0, longest - run));
    }
    if (disturbance === 'outliers' && chance() < 0.05) value += Math.log(1 - (0.3 + 0.3 * chance()));
    if (disturbance === 'bimodal' && chance() < 0.3) value -= 2.5 * sd;
    return value;
  };
}

interface CellOutcome {
  readonly verdict: 'pass' | 'regressed' | 'inconclusive';
  readonly pairs: number;
}

/** One cell from its first pair to its verdict. Which side goes first is drawn, as in a session. */
function judgeCell(
  machine: Machine,
  change: number,
  limit: number,
  draw: () => number,
  chance: () => number,
): CellOutcome {
  const next = runsOf(machine, draw, chance);
  const differences: number[] = [];
  for (;;) {
    const [first, second] = [next(), next()];
    differences.push(change + (chance() < 0.5 ? second - first : first - second));
    if (differences.length < 7) continue;
    const state = sequenceState(
      (from, to) => signedRankInterval(differences.slice(from, to), alpha),
      differences.length,
      limit,
    );
    if (state.phase !== 'decided') continue;
    const verdict = passes(state.verdict) ? 'pass' : state.verdict === 'regressed' ? 'regressed' : 'inconclusive';
    return { verdict, pairs: differences.length };
  }
}

interface Row {
  readonly change: string;
  readonly ratio: number;
  readonly sd: number;
  readonly disturbance: Disturbance;
  /** Shares of gates: all cells pass, any cell regressed, neither. */
  readonly pass: Rate;
  readonly regressed: Rate;
  readonly inconclusive: Rate;
  /** Mean pairs of a cell until its verdict. */
  readonly pairs: number;
}

interface Rate {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** A share with its 95 % interval (Wilson 1927). */
function rate(hits: number, of: number): Rate {
  const z = 1.96;
  const p = hits / of;
  const centre = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  return { share: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export const gateSimulation: Suite = {
  summary: 'how often the gate says what, on made-up runs of known noise and change; --pairs: gates of each kind',
  run: (o) => simulate(o.pairs ?? defaultGates, o.seed, o.signal),
};

async function simulate(gates: number, seed: number, signal: AbortSignal): Promise<void> {
  const limit = limitOf(margin, 'higher');
  const draw = normal(seed);
  const chance = uniform(seed + 1);
  const changes = [
    { change: 'no change', ratio: 1 },
    { change: 'at the margin', ratio: 1 - margin },
    { change: 'slowed to 0.8', ratio: 0.8 },
  ];
  const rows: Row[] = [];
  console.log(
    `${gates} gates of ${cells} cells each, margin ${margin * 100} %; one of them changed; 95 % intervals in brackets\n`,
  );
  console.log(
    'change         disturbance  noise   pass                   regressed              undecided              pairs a cell',
  );
  for (const { change, ratio } of changes)
    for (const disturbance of disturbances)
      for (const sd of noises) {
        signal.throwIfAborted();
        const count = { pass: 0, regressed: 0, inconclusive: 0 };
        let pairs = 0;
        for (let gate = 0; gate < gates; gate++) {
          const verdicts = Array.from({ length: cells }, (_, cell) =>
            judgeCell({ sd, disturbance }, cell === 0 ? Math.log(ratio) : 0, limit, draw, chance),
          );
          pairs += verdicts.reduce((sum, verdict) => sum + verdict.pairs, 0);
          if (verdicts.some(({ verdict }) => verdict === 'regressed')) count.regressed++;
          else if (verdicts.every(({ verdict }) => verdict === 'pass')) count.pass++;
          else count.inconclusive++;
        }
        const row: Row = {
          change,
          ratio,
          sd,
          disturbance,
          pass: rate(count.pass, gates),
          regressed: rate(count.regressed, gates),
          inconclusive: rate(count.inconclusive, gates),
          pairs: pairs / (gates * cells),
        };
        rows.push(row);
        console.log(
          `${change.padEnd(14)} ${disturbance.padEnd(12)} ${`${sd * 100} %`.padEnd(6)}  ${[row.pass, row.regressed, row.inconclusive].map((one) => text(one).padEnd(22)).join(' ')} ${row.pairs.toFixed(1)}`,
        );
      }
  await mkdir(out, { recursive: true });
  await writeFile(
    join(out, 'gate-simulation.json'),
    `${JSON.stringify({ gates, cells, margin, seed, rows }, null, 1)}\n`,
  );
  const renderer = await loadRenderer();
  const plot = verdictPlot(rows, gates);
  const { whole } = await renderer.svg(plot);
  await writeFile(join(out, `${plot.name}.svg`), `${whole}\n`);
  await writeFile(join(out, `${plot.name}.png`), renderer.png(whole));
}

function text({ share, low, high }: Rate): string {
  const percent = (x: number): string => (x * 100).toFixed(1);
  return `${percent(share)} % [${percent(low)}, ${percent(high)}]`;
}

const words = ['pass', 'inconclusive', 'regressed'] as const;
const colors = ['#009E73', '#BFBFBF', '#D55E00'];

/** Shares of the verdicts over the noise, a panel for each change and disturbance. */
function verdictPlot(rows: readonly Row[], gates: number): Plot {
  const head: Head = {
    title: 'What the gate says, by true change and noise (simulated)',
    notes: [
      `${gates.toLocaleString('en')} gates each, three cells a gate, one of them changed; margin ${margin * 100} %. Noise: standard deviation of a run’s ln throughput.`,
      'Green: every cell passes. Grey: not decided. Orange: a cell regressed, confirmed. The 95 % error of a share is at most 2.6 points.',
    ],
    confirms: '',
  };
  const values = rows.flatMap((row) => {
    let from = 0;
    return words.map((word, order) => {
      const share = row[word].share;
      const bar = {
        change: row.change,
        disturbance: row.disturbance,
        noise: `${row.sd * 100}`,
        word,
        order,
        from,
        to: from + share,
      };
      from += share;
      return bar;
    });
  });
  const spec = {
    ...frame(head),
    data: { values },
    facet: {
      row: {
        field: 'change',
        type: 'nominal',
        title: null,
        sort: [...new Set(rows.map(({ change }) => change))],
        header: { labelAngle: 0, labelAlign: 'left', labelFontSize: 12 },
      },
      column: {
        field: 'disturbance',
        type: 'nominal',
        title: null,
        sort: [...disturbances],
        header: { labelFontSize: 12 },
      },
    },
    spec: {
      width: 100,
      height: 110,
      mark: { type: 'bar' },
      encoding: {
        x: {
          field: 'noise',
          type: 'ordinal',
          sort: noises.map((sd) => `${sd * 100}`),
          axis: { title: 'noise, %', labelAngle: 0 },
        },
        y: {
          field: 'from',
          type: 'quantitative',
          scale: { domain: [0, 1] },
          axis: { title: null, format: '.0%', values: [0, 0.5, 1] },
        },
        y2: { field: 'to' },
        color: {
          field: 'word',
          type: 'nominal',
          scale: { domain: [...words], range: colors },
          legend: { title: null, orient: 'bottom' },
        },
      },
    },
  } as unknown as TopLevelSpec;
  return {
    name: 'gate-simulation',
    head,
    description: rows
      .map(
        (row) =>
          `${row.change}, ${row.disturbance}, ${row.sd * 100} %: pass ${text(row.pass)}, regressed ${text(row.regressed)}.`,
      )
      .join(' '),
    spec,
    table: { kind: 'table', keys: 0, columns: [], rows: [] },
  };
}
