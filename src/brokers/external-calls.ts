/** The calls of somebody else's adapter: what they throw is told as the adapter's, and connecting ends in any case. */
import { BrokerError, messageOf, MqbenchError, ownError, UsageError } from '../errors.js';
import { within } from '../within.js';
import type { Adapter, Connection, DestinationSpec, GuaranteeSettings, Takeover } from './adapter.js';

/** Beyond the bound that `connect()` has to keep by itself, in milliseconds. */
const graceMs = 2_000;

const hint =
  'docs/adding-a-broker.md says what an adapter has to do; its contract suite (mqbench/contract) looks at it';

/**
 * The same adapter, of which nothing gets past its contract unnoticed.
 * @param where its module's file
 */
export function attended(adapter: Adapter, where: string): Adapter {
  const fault = (what: string): UsageError => new UsageError(`The adapter "${adapter.id}" ${what}.`, { where, hint });
  const call = <T>(name: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw fault(`failed in ${name}(): ${messageOf(error)}`);
    }
  };
  return {
    id: adapter.id,
    capabilities: adapter.capabilities,
    options: adapter.options,
    client() {
      const told = call('client', () => adapter.client()) as Partial<ReturnType<Adapter['client']>> | undefined;
      if (typeof told?.name !== 'string' || typeof told.version !== 'string')
        throw fault('does not say in client() which library it uses: { name, version }');
      return { name: told.name, version: told.version };
    },
    describeGuarantee(guarantee, options) {
      const told = call('describeGuarantee', () => adapter.describeGuarantee(guarantee, options)) as
        Partial<GuaranteeSettings> | undefined;
      if (typeof told?.confirmMeans !== 'string' || typeof told.settings !== 'object')
        throw fault('does not say in describeGuarantee() what a confirm means: { confirmMeans, settings }');
      return { confirmMeans: told.confirmMeans, settings: told.settings };
    },
    connect: (endpoint, options, context) =>
      connected(adapter, where, context.timeoutMs, async () => adapter.connect(endpoint, options, context)),
    ...(adapter.capabilitiesWith === undefined
      ? {}
      : {
          capabilitiesWith: (options: unknown) =>
            call('capabilitiesWith', () => adapter.capabilitiesWith?.(options) ?? {}),
        }),
    ...(adapter.takeover === undefined
      ? {}
      : { takeover: (options: unknown) => call('takeover', () => adapter.takeover?.(options) as Takeover) }),
    ...(adapter.refuses === undefined
      ? {}
      : {
          refuses: (destination: Omit<DestinationSpec, 'name'>, options: unknown) =>
            call('refuses', () => adapter.refuses?.(destination, options)),
        }),
  };
}

/** A connection, or within `timeoutMs` and a little more why there is none. */
async function connected(
  { id }: Adapter,
  where: string,
  timeoutMs: number,
  connect: () => Promise<Connection>,
): Promise<Connection> {
  const boundMs = timeoutMs + graceMs;
  const connecting = connect();
  try {
    const connection = (await within(
      connecting,
      boundMs,
      () =>
        new BrokerError(
          `The adapter "${id}" has neither connected nor given up within ${boundMs / 1000} s.`,
          'timeout',
          {
            where,
            hint: `Its connect() has to end within the timeoutMs that it is given, ${timeoutMs} ms here.`,
          },
        ),
    )) as Connection | undefined;
    if (typeof connection !== 'object') throw new Error('connect() resolved without a connection');
    return connection;
  } catch (error) {
    // One that comes too late is used by nobody.
    connecting.then((connection) => connection.destroy()).catch(() => undefined);
    throw adapterError(error, id, where);
  }
}

/**
 * An error that an adapter has raised, as a person is to read it: a `BrokerError` as it is, also one of another copy
 * of mqbench; anything else is told to be the adapter's.
 * @param adapter its id, or its module's file
 */
export function adapterError(error: unknown, adapter: string, where: string): MqbenchError {
  const own = ownError(error);
  if (own instanceof MqbenchError) return own;
  return new BrokerError(`The adapter "${adapter}" failed: ${messageOf(error)}`, 'other', {
    where,
    hint,
    cause: error,
  });
}
