/** Every process that came of one, however deep and in whatever session, told apart from later ones with the same id. */
import { readdirSync, readFileSync } from 'node:fs';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot: field 22 of /proc/PID/stat, see proc(5). */
  readonly started: string;
}

function table(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const [state, parent, started = ''] = [fields[0], fields[1], fields[19]];
        return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), started }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

/** What was seen to come of a process; look often enough, and nothing is missed that lives longer than the pause. */
export class Descendants {
  private readonly seen = new Map<string, Entry>();
  constructor(private readonly root: number) {}

  /** Looks once; returns the command lines of those that run now. */
  look(): string[] {
    const now = table();
    const known = new Set([this.root, ...this.running(now).map(({ pid }) => pid)]);
    for (let before = -1; before !== known.size;) {
      before = known.size;
      for (const entry of now)
        if (known.has(entry.parent) && !known.has(entry.pid)) {
          known.add(entry.pid);
          this.seen.set(`${entry.pid}/${entry.started}`, entry);
        }
    }
    return this.running(now).map(({ pid }) => commandOf(pid));
  }

  /** Those that run now and whose command line is like that. */
  find(command: RegExp): number[] {
    this.look();
    return this.running(table())
      .map(({ pid }) => pid)
      .filter((pid) => command.test(commandOf(pid)));
  }

  private running(now: readonly Entry[]): Entry[] {
    return now.filter(({ pid, started }) => this.seen.has(`${pid}/${started}`));
  }

  /** Waits until none is left, for so long at most; returns the command lines of what is. */
  async gone(withinMs: number): Promise<string[]> {
    const end = Date.now() + withinMs;
    for (;;) {
      const left = this.look();
      if (left.length === 0 || Date.now() > end) return left;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Command lines of processes whose environment holds this mark: what came of a command that was started with it. */
export function processesWith(mark: string, except?: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== except)
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const line = commandOf(Number(pid));
        return environment.includes(mark) && line !== '' ? [line] : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}

/** Waits until none of {@link processesWith} is left, for so long at most; returns what is. */
export async function goneWith(mark: string, withinMs: number, except?: number): Promise<string[]> {
  const end = Date.now() + withinMs;
  let left = processesWith(mark, except);
  while (left.length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    left = processesWith(mark, except);
  }
  return left;
}
