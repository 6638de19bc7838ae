/** The processes of a server that mqbench did not start as a process of its own, where they are on this machine. */
import { lookup } from 'node:dns/promises';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { nameOf } from '../../metrics/proc.js';
import type { RunningServer } from '../provider.js';
import { containerProcess } from './container.js';
import { listenersOn } from './listeners.js';

/** Names, at most 15 characters (proc(5), comm), of what listens for a broker elsewhere and passes on what comes. */
const forwarders = new Set([
  'docker-proxy',
  'rootlessport',
  'rootlesskit',
  'slirp4netns',
  'pasta',
  'gvproxy',
  'ssh',
  'sshd',
  'kubectl',
  'socat',
  'haproxy',
  'nginx',
  'envoy',
  'stunnel',
  'toxiproxy-serve',
  'systemd',
]);

/** A name that is not resolved by then is not worth waiting for, in milliseconds. */
const lookupTimeoutMs = 2_000;

/**
 * The same server with its processes, and with a word in its provenance on which they are or why they are not known.
 * As it was when its address is not one of this machine, and when its processes are known already.
 */
export async function withProcesses(server: RunningServer): Promise<RunningServer> {
  if (server.pids.length > 0 || process.platform !== 'linux') return server;
  const places = await Promise.all(placesOf(server.endpoint.url).map(placeHere));
  // Of a cluster that is only partly here, a part would stand for the whole.
  const here = places.filter((place) => place !== undefined);
  if (here.length === 0 || here.length < places.length) return server;
  const found = await Promise.all(here.map((place) => processesAt(place, server.provider === 'compose')));
  const unknown = found.find((one) => 'unknown' in one);
  if (unknown !== undefined)
    return { ...server, provenance: { ...server.provenance, process: `not known: ${unknown.unknown}` } };
  const pids = [...new Set(found.flatMap((one) => ('pids' in one ? one.pids : [])))];
  const names = [...new Set(pids.flatMap((pid) => nameOf(pid) ?? []))].join(', ');
  return { ...server, pids, provenance: { ...server.provenance, process: `${names}, found by its port` } };
}

interface Place {
  readonly port: number;
  /** Those of this machine that the host's name stands for. */
  readonly addresses: BlockList;
}

type Found = { readonly pids: readonly number[] } | { readonly unknown: string };

async function processesAt({ port, addresses }: Place, inContainer: boolean): Promise<Found> {
  const { any, pids } = inContainer ? { any: false, pids: [] } : listenersOn(port, addresses);
  const forwarder = pids.map(nameOf).find((name) => name !== undefined && forwarders.has(name));
  if (pids.length > 0 && forwarder === undefined) return { pids };
  // Docker's own listener is root's, and there need not be one.
  const main = await containerProcess(port);
  if (main !== undefined) return { pids: [main] };
  if (forwarder !== undefined) return { unknown: `${forwarder} listens on its port and passes on what comes` };
  if (any) return { unknown: "what listens on its port is another user's" };
  return { unknown: `no ${inContainer ? 'container' : 'process'} of this machine is seen to have its port` };
}

/** Hosts and ports in an address, e.g. of `kafka://a:9092,[::1]:9092`. */
function placesOf(url: string): { host: string; port: number }[] {
  const [, authority = ''] = /^[a-z0-9+.-]+:\/\/([^/?#]*)/i.exec(url) ?? [];
  return authority.split(',').flatMap((text) => {
    const [, host, port] = /^\[?([^[\]]+?)\]?:(\d+)$/.exec(text) ?? [];
    return host === undefined ? [] : [{ host, port: Number(port) }];
  });
}

/** Undefined where the host is another machine, or nobody knows it in time. */
async function placeHere({ host, port }: { host: string; port: number }): Promise<Place | undefined> {
  const answers = await Promise.race([
    lookup(host, { all: true }).catch(() => []),
    new Promise<[]>((resolve) => setTimeout(resolve, lookupTimeoutMs, []).unref()),
  ]);
  const ours = ourAddresses();
  const addresses = new BlockList();
  for (const { address, family } of answers) {
    const of = family === 6 ? 'ipv6' : 'ipv4';
    // A link-local address may come with the interface behind it (RFC 4007, 11).
    const bare = address.replace(/%.*$/, '');
    if (ours.check(bare, of)) addresses.addAddress(bare, of);
  }
  return addresses.rules.length === 0 ? undefined : { port, addresses };
}

function ourAddresses(): BlockList {
  const ours = new BlockList();
  ours.addSubnet('127.0.0.0', 8);
  ours.addAddress('::1', 'ipv6');
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
    ours.addAddress(address, family === 'IPv6' ? 'ipv6' : 'ipv4');
  return ours;
}
