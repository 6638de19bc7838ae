/** The embedded broker: queues and what routes to them in the memory of one process, reached over loopback TCP. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import { packageVersion } from '../../../root.js';
import { createDestination, type Destination } from './destination.js';
import { Calls, Session, type SessionHost } from './session.js';

export interface MemoryBrokerOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Who is let in; undefined lets everybody in. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Most bytes of bodies held before publishers are not read from any more; by default 1 GiB or a quarter of the memory. */
  readonly maxHeldBytes?: number;
  /** A peer did not speak the protocol and was hung up on. */
  onViolation(what: string): void;
}

export interface MemoryBroker {
  readonly port: number;
  /** Cuts every connection and frees the port. */
  close(): Promise<void>;
}

/** Publishers are read from again when no more than this part of the most is held. */
const resumeBelow = 0.8;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Starts a broker on 127.0.0.1.
 * @throws the operating system's error when the port cannot be had
 */
export async function startMemoryBroker(options: MemoryBrokerOptions): Promise<MemoryBroker> {
  const destinations = new Map<string, Destination>();
  const sessions = new Set<Session>();
  const maxHeldBytes = options.maxHeldBytes ?? Math.min(2 ** 30, totalmem() / 4);
  let held = 0;
  let full = false;
  const ledger = {
    add(bytes: number): void {
      held += bytes;
      if (held > maxHeldBytes) full = true;
      else if (full && held < resumeBelow * maxHeldBytes) {
        full = false;
        for (const session of sessions) session.resume();
      }
    },
  };
  const host: SessionHost = {
    version: packageVersion(),
    admits(username, password) {
      if (!options.credentials) return true;
      const given = digest(JSON.stringify([username, password]));
      return timingSafeEqual(
        given,
        digest(JSON.stringify([options.credentials.username, options.credentials.password])),
      );
    },
    destination: (name) => destinations.get(name),
    create(name, consumers, pattern) {
      if (!destinations.has(name)) destinations.set(name, createDestination(name, consumers, pattern, ledger));
    },
    delete(name) {
      const destination = destinations.get(name);
      destinations.delete(name);
      destination?.delete();
    },
    calls: new Calls(),
    full: () => full,
    onViolation: (what) => options.onViolation(what),
  };

  const server = createServer((socket) => {
    const session = new Session(socket, host, () => sessions.delete(session));
    sessions.add(session);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}
