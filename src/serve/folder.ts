/**
 * The results in a folder, and the runs that are going on in it. Only what lies in the folder itself is looked at: a
 * link that leads out of it is nothing. A session of two sides (`mqbench ab`, `check`, `noise`) has a result in each.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { sideFolder } from '../ab/record.js';
import { messageOf } from '../errors.js';
import { buildModel } from '../report/model.js';
import { drawingStage, isDraft, type Progress, readProgress } from '../results/progress.js';
import type { Result } from '../results/schema.js';
import { sizeText } from '../scenario/sizes.js';
import { readResult } from '../results/store.js';

/** What the list says of a result. */
export interface Listed {
  /** Of its folder; `session/a` for one side of a session. */
  readonly name: string;
  readonly scenario: string;
  readonly startedAt: string;
  readonly targets: readonly string[];
  readonly sizes: readonly string[];
  readonly runs: number;
  /** Runs that broke a promise. */
  readonly failed: number;
  readonly partial: boolean;
  /** Highest median throughput of a cell in messages a second, and whose. */
  readonly best: { readonly target: string; readonly throughput: number } | undefined;
}

/** A folder that should be a result and cannot be read. */
export interface Unreadable {
  readonly name: string;
  readonly reason: string;
}

/** A session that is going on, or that has not said anything for a while. */
export interface Live extends Progress {
  /** Seconds since it was last heard of; 0 while plots are drawn. */
  readonly silentSeconds: number;
}

interface Known {
  readonly stamp: string;
  readonly listed: Listed | Unreadable;
}

export class ResultsFolder {
  readonly #known = new Map<string, Known>();

  /** @param root absolute, without links in it: see {@link openFolder} */
  constructor(readonly root: string) {}

  /** All results, the newest first. A file that has not changed is not read again. */
  async list(): Promise<{ results: Listed[]; unreadable: Unreadable[] }> {
    const all: (Listed | Unreadable)[] = [];
    for (const { name, stamp } of await this.#found()) {
      const known = this.#known.get(name);
      const listed = known?.stamp === stamp ? known.listed : await this.#look(name);
      this.#known.set(name, { stamp, listed });
      all.push(listed);
    }
    return {
      results: all
        .filter((one) => 'scenario' in one)
        .sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : a.name < b.name ? -1 : 1)),
      unreadable: all.filter((one) => 'reason' in one),
    };
  }

  /** Changes when the result does; undefined where there is none in the folder itself. */
  async stamp(name: string): Promise<string | undefined> {
    const file = await this.#within(name, 'result.json');
    if (file === undefined) return undefined;
    try {
      const { mtimeMs, size, ino } = await stat(file);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      // Somebody has just removed it.
      return undefined;
    }
  }

  /**
   * @param name of a folder, as {@link list} gives it
   * @returns undefined where there is no such result
   * @throws ResultError when it cannot be read
   */
  async read(name: string): Promise<Result | undefined> {
    const isListed = (await this.#found()).some((one) => one.name === name);
    const file = isListed ? await this.#within(name, 'result.json') : undefined;
    return file === undefined ? undefined : readResult(file);
  }

  /** Sessions that write into the folder just now. */
  async live(): Promise<Live[]> {
    const drafts = (await this.#names()).filter(isDraft);
    const found = await Promise.all(
      drafts.map(async (name): Promise<Live[]> => {
        if ((await this.#within(name, 'progress.json')) === undefined) return [];
        const progress = await readProgress(join(this.root, name));
        if (progress === undefined) return [];
        const silentSeconds = Math.max(0, Math.round((Date.now() - Date.parse(progress.updatedAt)) / 1000));
        // Nobody expects a word then.
        return [{ ...progress, silentSeconds: progress.stage === drawingStage ? 0 : silentSeconds }];
      }),
    );
    return found.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Everything that is a result, by name; drafts are none yet. */
  async #found(): Promise<{ name: string; stamp: string }[]> {
    const found: { name: string; stamp: string }[] = [];
    const look = async (name: string): Promise<boolean> => {
      const stamp = await this.stamp(name);
      if (stamp !== undefined) found.push({ name, stamp });
      return stamp !== undefined;
    };
    for (const name of await this.#names()) {
      if (name.startsWith('.') || (await look(name))) continue;
      for (const side of Object.values(sideFolder)) await look(`${name}/${side}`);
    }
    return found;
  }

  async #names(): Promise<string[]> {
    return readdir(this.root).catch(() => []);
  }

  /** The real path of a file in a folder of ours; undefined where it is not there, or leads elsewhere. */
  async #within(name: string, file: string): Promise<string | undefined> {
    try {
      const path = await realpath(join(this.root, name, file));
      return path.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep) ? path : undefined;
    } catch {
      return undefined;
    }
  }

  async #look(name: string): Promise<Listed | Unreadable> {
    try {
      // It has just been found: to look for it again would look at all of them for each of them.
      const file = await this.#within(name, 'result.json');
      if (file === undefined) return { name, reason: 'it is gone' };
      const result = await readResult(file);
      const { scenario, startedAt, runs, partial } = result;
      const model = buildModel(result);
      const speeds = model.cells.flatMap(({ target, throughput }) =>
        throughput ? [{ target, throughput: throughput.median }] : [],
      );
      return {
        name,
        scenario: scenario.name,
        startedAt,
        targets: model.targets.map((target) => target.label),
        sizes: model.sizes.map(sizeText),
        runs: runs.length,
        failed: runs.filter(({ verdict }) => verdict.status === 'failed').length,
        partial,
        best: speeds.toSorted((a, b) => b.throughput - a.throughput)[0],
      };
    } catch (error) {
      return { name, reason: messageOf(error) };
    }
  }
}
