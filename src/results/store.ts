/** The result folder: written under a temporary name, renamed when whole; read with every doubt. */
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ExitCode, messageOf, MqbenchError, ResultError, StorageError, UsageError } from '../errors.js';
import type { Word } from './keeper.js';
import type { Leftover } from './leftovers.js';
import { giveName, removeUnnamed, sessionFile, type Unnamed } from './place.js';
import { removeProgress } from './progress.js';
import { samplesCsv } from './samples-csv.js';
import { type Result, resultSchema, resultVersion } from './schema.js';

/** A result folder that is being written. */
export interface Draft {
  readonly id: string;
  /** Temporary folder; logs go to `logs/` in it from the start. */
  readonly folder: string;
  readonly logDir: string;
  /**
   * Writes result.json and samples.csv; may be called again as the result grows.
   * @param into a folder in the draft's, for one side of a paired session; the draft's own by default
   * @throws StorageError when the disk is full or fails; what was stored before stays whole
   */
  save(result: Result, into?: string): Promise<void>;
  /**
   * Writes another file of the result, whole or not at all.
   * @throws StorageError as {@link Draft.save} does
   */
  write(name: string, content: string): Promise<void>;
  /** Whether anything was stored so far. */
  readonly stored: boolean;
  /** Has something that is elsewhere removed should this process be killed; returns what takes that back. */
  alsoRemove(leftover: Leftover): () => void;
  /** Gives the folder its final name, with a number where another run has taken the name meanwhile, and returns it. */
  finish(): Promise<string>;
  /** Removes everything: nothing was measured. */
  discard(): Promise<void>;
}

/** `2026-11-21T10-15-00Z-round-robin`: sorts by time and is a legal name everywhere. */
export function resultId(scenarioName: string, at: Date): string {
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z').replaceAll(':', '-');
  return `${time}-${scenarioName.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)}`;
}

/** From src/ and dist/ alike: a process must be compiled. */
const keeperEntry = fileURLToPath(new URL('../../dist/results/keeper.js', import.meta.url));

/** The process that tidies up should this one be killed. */
class Keeper {
  private readonly pipe;
  private readonly added = new Set<number>();
  private count = 0;
  private kept = true;

  constructor(keeping: Unnamed) {
    const child = spawn(process.execPath, [keeperEntry], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A session of its own: what ends everything on a terminal does not reach it.
      detached: true,
      cwd: '/',
      // git is looked for on it.
      env: { PATH: process.env['PATH'] },
    });
    // Where no process can be started, nothing else of a run can either, and that is told.
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.unref();
    this.pipe = child.stdin;
    this.say({ kind: 'keep', keeping });
  }

  add(leftover: Leftover): () => void {
    const number = ++this.count;
    this.added.add(number);
    this.say({ kind: 'add', number, leftover });
    return () => {
      if (!this.added.delete(number)) return;
      this.say({ kind: 'forget', number });
      this.leave();
    };
  }

  /** The folder needs it no longer; it goes when nothing else does. */
  release(): void {
    if (!this.kept) return;
    this.kept = false;
    this.say({ kind: 'done' });
    this.leave();
  }

  private leave(): void {
    if (!this.kept && this.added.size === 0) this.pipe.end();
  }

  private say(word: Word): void {
    this.pipe.write(`${JSON.stringify(word)}\n`);
  }
}

/**
 * Begins a result. Should this process be killed, what was saved so far gets the final name, marked partial; without
 * anything saved nothing is left.
 * @param out the final folder; by default `results/<id>` in the working folder
 * @throws UsageError when the folder is there already, StorageError when it cannot be written
 */
export async function beginResult(id: string, out: string | undefined): Promise<Draft> {
  const final = resolve(out ?? join('results', id));
  const folder = join(dirname(final), `.${id}.${randomBytes(6).toString('hex')}.tmp`);
  const logDir = join(folder, 'logs');
  let keeper: Keeper | undefined;
  let unnamed: Unnamed;
  try {
    unnamed = { folder, final, made: await mkdir(dirname(final), { recursive: true }) };
    await refuseExisting(final);
    keeper = new Keeper(unnamed);
    // Not recursive: then Node would call a disk that is read-only one that is not there.
    await mkdir(folder);
    await mkdir(logDir);
  } catch (error) {
    keeper?.release();
    throw error instanceof UsageError ? error : new StorageError('The result folder', final, error);
  }
  const held = keeper;
  let stored = false;
  const put = async (name: string, content: string): Promise<void> => {
    try {
      if (dirname(name) !== '.') await mkdir(join(folder, dirname(name)), { recursive: true });
      await writeWhole(join(folder, name), content);
      stored = true;
    } catch (error) {
      throw new StorageError('The result', final, error);
    }
  };
  return {
    id,
    folder,
    logDir,
    save: async (result, into = '') => {
      await put(join(into, 'result.json'), JSON.stringify(result, null, 1) + '\n');
      await put(join(into, 'samples.csv'), samplesCsv(result));
    },
    write: put,
    get stored() {
      return stored;
    },
    alsoRemove: (leftover) => held.add(leftover),
    finish: async () => {
      try {
        await removeProgress(folder);
        return await giveName(folder, final);
      } catch (error) {
        throw new MqbenchError(`The result could not be given its name: ${messageOf(error)}.`, {
          exitCode: ExitCode.environment,
          where: folder,
          hint: 'It is whole under the temporary name above; move it where you want it.',
        });
      } finally {
        held.release();
      }
    },
    discard: async () => {
      await removeUnnamed(unnamed);
      held.release();
    },
  };
}

/** @throws UsageError when somebody's folder is there already */
export async function refuseExisting(folder: string): Promise<void> {
  if (await exists(folder))
    throw new UsageError(`The folder ${folder} is there already.`, { where: '--out', hint: 'Name another folder, or remove it first.' });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Writes a file so that a reader sees the old one or the new one, never half. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * As {@link writeWhole}, with its folder made where there is none.
 * @param what is stored, for the error, e.g. `The baseline`
 * @throws StorageError
 */
export async function storeFile(what: string, path: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, content);
  } catch (error) {
    throw new StorageError(what, path, error);
  }
}

/** A result of several hundred runs is some 20 MB; beyond this it is something else. */
const largestBytes = 512 * 1024 * 1024;

/**
 * Reads a result.
 * @param folder a result folder, or its result.json
 * @throws ResultError when it is not there, not ours, of a newer version or damaged
 */
export async function readResult(folder: string): Promise<Result> {
  const file = folder.endsWith('.json') ? folder : join(folder, 'result.json');
  const text = await readText(file);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new ResultError(`${file} is not whole: ${messageOf(error)}.`, {
      where: file,
      hint: 'It may have been cut off while copying; copy it again or run the scenario again.',
    });
  }
  const head = z.looseObject({ schema: z.literal('mqbench.result'), version: z.number() }).safeParse(data);
  if (!head.success)
    throw new ResultError(`${file} is not a result of mqbench.`, { where: file, hint: 'Name a folder that `mqbench run` wrote.' });
  if (head.data.version > resultVersion)
    throw new ResultError(`${file} was written by a newer mqbench (format ${head.data.version}, this one reads up to ${resultVersion}).`, {
      where: file,
      hint: 'Update mqbench.',
    });
  const parsed = resultSchema.safeParse(data);
  if (!parsed.success) {
    const first = parsed.error.issues[0];
    throw new ResultError(
      `${file} does not have the shape of a result${first === undefined ? '' : `: ${first.path.join('.')}: ${first.message}`}.`,
      { where: file, hint: 'Was it edited by hand? Run the scenario again.' },
    );
  }
  try {
    // The one part that may hold anything: what cannot be walked through here cannot be printed later.
    JSON.stringify(parsed.data.targets);
  } catch {
    throw new ResultError(`${file} is nested too deeply for a result.`, { where: file, hint: 'Was it edited by hand?' });
  }
  return parsed.data;
}

async function readText(file: string): Promise<string> {
  try {
    const status = await stat(file);
    // A pipe or a device could block or never end.
    if (!status.isFile()) throw new Error('it is not a regular file');
    if (status.size > largestBytes) throw new Error(`it has ${status.size} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const absent = code === 'ENOENT' || code === 'ENOTDIR';
    throw new ResultError(absent ? `There is no result at ${file}.` : `${file} cannot be read: ${messageOf(error)}.`, {
      where: file,
      hint:
        absent && (await exists(join(dirname(file), sessionFile)))
          ? `It is a paired session: \`mqbench compare ${dirname(file)}\` judges and draws it again; its two sides are results.`
          : 'Name a folder that `mqbench run` wrote; each has a result.json.',
    });
  }
}
