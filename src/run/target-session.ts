/** One target for the length of a session: its server, its adapter's facts, and the worker that looks after it. */
import { join } from 'node:path';
import type { Adapter, ServerInfo } from '../brokers/adapter.js';
import { loadAdapter } from '../brokers/registry.js';
import { BrokerError } from '../errors.js';
import type { Guarantee, GuaranteeSettings } from '../brokers/adapter.js';
import type { Fault } from '../faults/fault.js';
import { redactData } from '../results/redact.js';
import type { TargetRecord } from '../results/schema.js';
import type { Target } from '../scenario/types.js';
import type { RunningServer } from '../servers/provider.js';
import type { ConnectOptions } from './protocol.js';
import { WorkerProcess } from './worker-process.js';

/** Bound on connecting, in milliseconds: a broker that accepts and says nothing costs no more than this. */
const connectTimeoutMs = 10_000;

const lostHint = "Look at the broker's log; the one of a server that mqbench started is in the result's folder.";

type GuaranteeSet = GuaranteeSettings & { readonly guarantee: Guarantee };

export class TargetSession {
  /** The broker is away on purpose: the control connection may be lost, and is opened again afterwards. */
  private away = false;
  /** Resolves when the server or the control connection is lost: no further run of this target makes sense. */
  readonly gone: Promise<Error>;

  private constructor(
    readonly target: Target,
    readonly server: RunningServer,
    readonly adapter: Adapter,
    readonly control: WorkerProcess,
    readonly serverInfo: ServerInfo,
    gone: Promise<Error>,
    /** Environment of this target's workers, on top of our own. */
    readonly workerEnv: Readonly<Record<string, string>>,
  ) {
    this.gone = gone;
  }

  /**
   * @param workerEnv for this target's workers, on top of our own environment
   * @throws BrokerError when the server cannot be reached
   */
  static async open(
    target: Target,
    server: RunningServer,
    logDir: string,
    workerEnv: Readonly<Record<string, string>> = {},
  ): Promise<TargetSession> {
    const adapter = await loadAdapter(target.adapter);
    let session: TargetSession | undefined;
    let lost: (error: Error) => void = () => undefined;
    const gone = new Promise<Error>((resolve) => (lost = resolve));
    const control = new WorkerProcess(
      `the control connection to ${target.name}`,
      (event) => {
        if (event.type !== 'lost' || session?.away === true) return;
        const { message, where = server.endpoint.url, hint = lostHint } = event.error;
        lost(new BrokerError(`${target.name}: ${message}`, 'lost', { where, hint }));
      },
      join(logDir, `control-${target.name}.log`),
      workerEnv,
    );
    void server.exited.then(({ reason }) =>
      lost(new BrokerError(`The ${target.name} server ended: ${reason}.`, 'lost', { hint: lostHint })),
    );
    try {
      const connect = connectOptions(target, server, 'mqbench control');
      const { serverInfo } = await control.request('start-control', { connect }, connectTimeoutMs * 2);
      session = new TargetSession(target, server, adapter, control, serverInfo, gone, workerEnv);
      return session;
    } catch (error) {
      await control.kill();
      throw error;
    }
  }

  connectOptions(clientName: string): ConnectOptions {
    return connectOptions(this.target, this.server, clientName);
  }

  /** From here on until {@link TargetSession.endOutage} a lost control connection means nothing. */
  beginOutage(): void {
    this.away = true;
  }

  /**
   * Opens a control connection in place of the one that was there before.
   * @throws BrokerError when the broker lets nobody in
   */
  async endOutage(): Promise<void> {
    await this.control.request('reconnect', { connect: this.connectOptions('mqbench control') });
    this.away = false;
  }

  /**
   * What the result keeps of the target.
   * @param guarantees every level that it is measured with
   */
  record(guarantees: readonly [Guarantee, ...Guarantee[]], faults: readonly Fault[]): TargetRecord {
    const { target, server, adapter, serverInfo } = this;
    const [set, ...others] = guarantees.map((guarantee) => ({
      guarantee,
      ...adapter.describeGuarantee(guarantee, target.options),
    })) as [GuaranteeSet, ...GuaranteeSet[]];
    const version = serverInfo.version ?? server.provenance['version'];
    const takeover = faults.length === 0 ? undefined : adapter.takeover?.(target.options);
    return {
      name: target.name,
      adapter: adapter.id,
      provider: server.provider,
      product: serverInfo.product,
      ...(version === undefined ? {} : { version }),
      ...(server.versionWarning === undefined ? {} : { versionWarning: server.versionWarning }),
      nodes: serverInfo.nodes,
      client: adapter.client(),
      url: server.endpoint.url,
      provenance: { ...server.provenance },
      options: redactData({ ...target.options }),
      dispatch: adapter.capabilities.dispatch,
      confirmMeans: set.confirmMeans,
      guaranteeSettings: { ...set.settings },
      ...(others.length === 0
        ? {}
        : {
            byGuarantee: [set, ...others].map(({ guarantee, confirmMeans, settings }) => ({
              guarantee,
              confirmMeans,
              settings: { ...settings },
            })),
          }),
      ...(takeover === undefined ? {} : { takeover: { killed: takeover.killed, silent: takeover.silent } }),
    };
  }

  async close(): Promise<void> {
    await this.control.close();
  }
}

function connectOptions(target: Target, server: RunningServer, clientName: string): ConnectOptions {
  return {
    adapter: target.adapter,
    endpoint: server.endpoint,
    options: target.options,
    clientName,
    timeoutMs: connectTimeoutMs,
  };
}
