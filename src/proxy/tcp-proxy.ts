/**
 * A TCP proxy that makes a network worse in a known way: delays every byte by the same time, limits the rate, stops
 * answering without closing, or cuts. Delays are kept to some 0.1 ms, as a thread with a precise sleep wakes it.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createClock, newOrigin, type Nanoseconds } from '../run/clock.js';
import { Wakeup } from '../run/wakeup.js';
import { type Conditions, Lane } from './lane.js';

export interface ProxyOptions {
  /** Where the connections go on to. */
  readonly host: string;
  readonly port: number;
  /** Told how long each piece of data was held, in nanoseconds. */
  readonly onForwarded?: (heldNs: number) => void;
}

/** Nearest times are asked for at least so often, because a request that waits is not replaced. Nanoseconds. */
const longestSleep = 1_000_000;
/** A thread's message takes about so long to arrive: asked for that much earlier, the rest is spun. Nanoseconds. */
const wakeupLead = 150_000;

const unimpaired: Conditions = { delayMs: 0, bytesPerSecond: undefined, frozen: false };

export class TcpProxy {
  private conditions = unimpaired;
  private readonly pairs = new Map<Socket, Socket>();
  private readonly lanes = new Set<Lane>();
  private readonly clock;
  private readonly wakeup: Wakeup;

  private constructor(
    private readonly options: ProxyOptions,
    private readonly server: Server,
  ) {
    const origin = newOrigin();
    this.clock = createClock(origin);
    this.wakeup = new Wakeup(this.clock, origin, () => this.flush());
    server.on('connection', (client) => this.accept(client));
  }

  /**
   * Listens on a free port of 127.0.0.1.
   * @throws when it cannot listen
   */
  static async listen(options: ProxyOptions): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    const proxy = new TcpProxy(options, server);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
    } catch (error) {
      await proxy.wakeup.close();
      throw error;
    }
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Holds every byte so long in each direction, in milliseconds; 0 for none. */
  delay(milliseconds: number): void {
    this.change({ delayMs: milliseconds });
  }

  /** Lets so many bytes a second through, each way of each connection; undefined for no limit. */
  throttle(bytesPerSecond: number | undefined): void {
    for (const lane of this.lanes) lane.throttled(this.clock.now());
    this.change({ bytesPerSecond });
  }

  /** From now on nothing passes; connections stay open and mute, and new ones are accepted just as mute. */
  freeze(): void {
    this.change({ frozen: true });
  }

  /** What was held, and all that follows, passes again. */
  thaw(): void {
    this.change({ frozen: false });
  }

  private change(change: Partial<Conditions>): void {
    this.conditions = { ...this.conditions, ...change };
    this.flush();
  }

  /** Ends every connection at once without a goodbye (RST); new ones are accepted. */
  cut(): void {
    for (const [client, upstream] of this.pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** Cuts, and listens no more. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await Promise.all([closed, this.wakeup.close()]);
  }

  private accept(client: Socket): void {
    const upstream = connect({ host: this.options.host, port: this.options.port, noDelay: true, allowHalfOpen: true });
    this.pairs.set(client, upstream);
    const lane = (from: Socket, to: Socket): Lane =>
      new Lane(
        from,
        to,
        () => this.conditions,
        () => this.clock.now(),
        (at) => this.wakeAt(at),
        this.options.onForwarded ?? (() => undefined),
      );
    const both = [lane(client, upstream), lane(upstream, client)];
    for (const each of both) {
      this.lanes.add(each);
      each.flush(this.clock.now());
    }
    let closed = 0;
    const onClose = (other: Socket, hadError: boolean): void => {
      // After a goodbye the other side still gets what is held; after an error there is nobody to send it to.
      if (hadError) other.destroy();
      if (++closed < 2) return;
      this.pairs.delete(client);
      for (const each of both) this.lanes.delete(each);
    };
    client.on('error', () => undefined).on('close', (hadError) => onClose(upstream, hadError));
    upstream.on('error', () => undefined).on('close', (hadError) => onClose(client, hadError));
  }

  private readonly flush = (): void => {
    let next: Nanoseconds | undefined;
    for (const lane of this.lanes) {
      const due = this.flushLane(lane);
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    if (next !== undefined) this.wakeAt(next);
  };

  private flushLane(lane: Lane): Nanoseconds | undefined {
    for (;;) {
      const due = lane.flush(this.clock.now());
      if (due === undefined || due - this.clock.now() > wakeupLead) return due;
    }
  }

  private wakeAt(due: Nanoseconds): void {
    this.wakeup.at(Math.min(due - wakeupLead, this.clock.now() + longestSleep));
  }
}
