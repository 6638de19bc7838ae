/** What it takes to run one server under a supervisor: plain data, made by the file of that server and carried out by others. */
import type { Endpoint } from '../../brokers/adapter.js';
import type { ServerId, StartContext } from '../provider.js';

/** What a server gets for itself: a private folder, free loopback ports, and a user nobody else knows. */
export interface Room {
  readonly folder: string;
  readonly ports: readonly number[];
  readonly username: string;
  readonly password: string;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited, so that a person's JAVA_OPTS cannot bend a measurement. */
  readonly env: Readonly<Record<string, string>>;
}

/** How to reach a broker that is no process of the supervisor's: in a container. */
export interface Reach {
  readonly kill: Command;
  readonly pause: Command;
  readonly resume: Command;
}

/**
 * How to start one server in its room. All paths are relative to the folder, which is also the working directory:
 * class paths and search paths split at `:`, so no absolute path may get into them.
 */
export interface Launch {
  /** Texts to write, by path; readable for the user alone. */
  readonly files: Readonly<Record<string, string>>;
  /** Empty folders to make. */
  readonly folders: readonly string[];
  /** Symbolic links to make, path → absolute target. */
  readonly links: Readonly<Record<string, string>>;
  /** Run one after another, each to its end, before the server. */
  readonly before: readonly Command[];
  /** Run beside the server and end with it. */
  readonly beside: readonly Command[];
  readonly server: Command;
  /** Run one after another once the server is gone. */
  readonly after: readonly Command[];
  /** For faults, where signals to `server` do not reach the broker itself. */
  readonly reach?: Reach;
  readonly endpoint: Endpoint;
  /** Asks once, in the server's own protocol; rejects when it does not answer properly (yet). */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

/** The software of a server, fetched and ready to be started as often as wanted. */
export interface Software {
  readonly version: string;
  /** Where it came from, for the result; no paths of this machine. */
  readonly provenance: Readonly<Record<string, string>>;
  readonly warning?: string;
  launch(room: Room): Launch;
}

/** One kind of server. */
export interface ServerKind {
  readonly id: ServerId;
  readonly provider: 'local' | 'compose';
  /** As its makers write it. */
  readonly product: string;
  readonly isJvm: boolean;
  /** How many ports it needs. */
  readonly ports: number;
  obtain(context: StartContext): Promise<Software>;
}

/** The environment that every server starts from. */
export function baseEnvironment(room: Room): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: room.folder, LC_ALL: 'C.UTF-8' };
}

/** The nth port of a room. */
export function portOf(room: Room, at: number): number {
  const port = room.ports[at];
  if (port === undefined) throw new Error(`a room with ${room.ports.length} ports has no port ${at}`);
  return port;
}
