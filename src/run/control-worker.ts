/**
 * The role that looks after a target: makes and deletes destinations, asks the broker about itself. A process of
 * its own, so that what it made is deleted even when mqbench itself is killed.
 */
import type { Connection, DestinationSpec, ServerInfo } from '../brokers/adapter.js';
import { BrokerError } from '../errors.js';
import { connectAdapter } from './connect.js';
import type { EventMessage, Requests } from './protocol.js';

export class ControlWorker {
  /** What was made, or is being made: settles when nothing more comes into being. */
  private readonly made = new Map<string, { readonly spec: DestinationSpec; readonly settled: Promise<void> }>();

  private constructor(
    private connection: Connection,
    readonly serverInfo: ServerInfo,
    private readonly emit: (event: EventMessage) => void,
    /** Ends what the connection in use says; another one each time it is replaced. */
    private watch: Watch,
  ) {}

  static async start(
    ask: Requests['start-control']['ask'],
    emit: (event: EventMessage) => void,
  ): Promise<ControlWorker> {
    const watch = new Watch(emit);
    const { connection } = await connectAdapter(ask.connect, watch.emit);
    return new ControlWorker(connection, await connection.serverInfo(), emit, watch);
  }

  async createDestination(spec: DestinationSpec): Promise<void> {
    const creating = this.connection.createDestination(spec);
    // Noted before it is there: what fails half-way may exist all the same.
    this.made.set(spec.name, { spec, settled: creating.catch(() => undefined) });
    await creating;
  }

  /** @throws BrokerError where the adapter says that it can, and cannot */
  async rewind(spec: DestinationSpec): Promise<void> {
    if (this.connection.rewind === undefined)
      throw new BrokerError(`The adapter cannot put ${spec.name} back to its beginning.`, 'other', {
        hint: 'Its capabilities say that it has replay: it has to have rewind() too.',
      });
    await this.connection.rewind(spec);
  }

  async deleteDestination(spec: DestinationSpec): Promise<void> {
    // After a Ctrl-C nobody waits for the creation; deleted before it is there, it would stay.
    await this.made.get(spec.name)?.settled;
    await this.connection.deleteDestination(spec);
    this.made.delete(spec.name);
  }

  /**
   * A new connection in place of the one in use, which may be dead.
   * @throws BrokerError
   */
  async reconnect(ask: Requests['reconnect']['ask']): Promise<void> {
    const watch = new Watch(this.emit);
    const { connection } = await connectAdapter(ask.connect, watch.emit);
    this.watch.over = true;
    this.connection.destroy();
    this.connection = connection;
    this.watch = watch;
  }

  /**
   * Whether the broker still lets someone in: a new connection, since an old one may stay open to a dead one.
   * @throws BrokerError when it does not
   */
  async checkAlive(ask: Requests['check-alive']['ask']): Promise<void> {
    const { connection } = await connectAdapter(ask.connect, () => undefined);
    await connection.close();
  }

  /** Deletes whatever is left, then closes. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.made.values()].map(({ spec }) => this.deleteDestination(spec)));
    await this.connection.close();
  }
}

/** Passes on what a connection says, as long as that is the one in use. */
class Watch {
  over = false;

  constructor(private readonly to: (event: EventMessage) => void) {}

  readonly emit = (event: EventMessage): void => {
    if (!this.over) this.to(event);
  };
}
