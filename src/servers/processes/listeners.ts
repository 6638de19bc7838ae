/** Which processes of this machine listen on a port, from /proc (proc(5)); nothing where there is no /proc. */
import { readdirSync, readlinkSync } from 'node:fs';
import type { BlockList } from 'node:net';
import { endianness } from 'node:os';
import { parentOf, readProc } from '../../metrics/proc.js';

/** Who listens on a port. */
export interface Listeners {
  /** Whether anybody does, seen or not. */
  readonly any: boolean;
  /** Those whose files this user may see; of processes that share a socket the one that the others came of. */
  readonly pids: readonly number[];
}

/** A listening socket, a line of /proc/net/tcp or tcp6. */
export interface ListeningSocket {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
  readonly inode: string;
}

/** TCP_LISTEN of Linux's include/net/tcp_states.h. */
const listening = '0A';

/**
 * The listening sockets in the text of /proc/net/tcp or tcp6. Pure.
 * @param order how this machine stores numbers: addresses stand there as one or four of them, in hexadecimal
 */
export function listeningSockets(text: string, order: 'LE' | 'BE' = endianness()): ListeningSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state !== listening || inode === undefined) return [];
      const bytes = Buffer.from(address, 'hex');
      if (order === 'LE') bytes.swap32();
      return [
        bytes.length === 4
          ? { address: bytes.join('.'), family: 'ipv4', port: parseInt(port, 16), inode }
          : {
              address: bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:'),
              family: 'ipv6',
              port: parseInt(port, 16),
              inode,
            },
      ];
    });
}

/** Whether a connection to one of these addresses may arrive there. Pure. */
export function takes({ address, family }: ListeningSocket, addresses: BlockList): boolean {
  // An IPv6 socket for every address takes IPv4, too, as servers in Java and Erlang have it.
  return /^[0.:]+$/.test(address) || addresses.check(address, family);
}

/** Processes that listen on a port at one of these addresses of this machine. */
export function listenersOn(port: number, addresses: BlockList): Listeners {
  const sockets = ['net/tcp', 'net/tcp6']
    .flatMap((file) => listeningSockets(readProc(file) ?? ''))
    .filter((socket) => socket.port === port && takes(socket, addresses));
  if (sockets.length === 0) return { any: false, pids: [] };
  const wanted = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  const pids = numbersIn('/proc').filter((pid) =>
    numbersIn(`/proc/${pid}/fd`).some((fd) => wanted.has(linkOf(`/proc/${pid}/fd/${fd}`))),
  );
  return { any: true, pids: pids.filter((pid) => !pids.includes(parentOf(pid) ?? 0)) };
}

/** Empty for another user's process, and for one that has ended. */
function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
