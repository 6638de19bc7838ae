/**
 * Looks at ActiveMQ through its statistics plugin, over STOMP itself. A user needs the rights to send to
 * `ActiveMQ.Statistics.>` and to have a temporary queue.
 */
import { randomUUID } from 'node:crypto';
import { Statistics } from '../../brokers/stomp/statistics.js';
import { partsOf } from '../../brokers/stomp/topology.js';
import type { Endpoint } from '../../brokers/adapter.js';
import { BrokerError } from '../../errors.js';
import {
  type DestinationReading,
  mostDestinations,
  type Reading,
  readTimeoutMs,
  type Selection,
  type Source,
} from '../sample.js';
import { destinationFromPlugin, isAdvisory, nodeFromPlugin, type PluginMap } from './parse.js';

export class PluginSource implements Source {
  readonly refreshSeconds = 0;
  #statistics: Statistics | undefined;

  constructor(private readonly endpoint: Endpoint) {}

  async read(selection: Selection): Promise<Reading> {
    const statistics = (this.#statistics ??= new Statistics(
      this.endpoint,
      // ActiveMQ lets in one client of a name.
      `mqbench-monitor-${randomUUID()}`,
    ));
    try {
      const broker = await statistics.broker();
      const found = new Found(selection);
      const until = performance.now() + readTimeoutMs;
      const ask = (pattern: string, kind: 'queue' | 'topic') =>
        statistics.destinations(pattern, kind, (map) => found.add(map), until - performance.now());
      // The plugin's own pattern knows whole words between dots only; a part of a name is looked for here.
      if (found.wanted !== undefined) await Promise.all(found.wanted.map(({ name, kind }) => ask(name, kind)));
      else for (const kind of ['queue', 'topic'] as const) await ask('>', kind);
      return {
        product: 'Apache ActiveMQ Classic',
        source: 'statistics plugin',
        nodes: [nodeFromPlugin(broker)],
        counters: {
          ...(typeof broker['enqueueCount'] === 'number' ? { in: broker['enqueueCount'] } : {}),
          ...(typeof broker['dequeueCount'] === 'number' ? { acknowledged: broker['dequeueCount'] } : {}),
        },
        ...found.all(),
        notes: [],
      };
    } catch (error) {
      statistics.destroy();
      this.#statistics = undefined;
      if (error instanceof BrokerError) throw error;
      throw new BrokerError('ActiveMQ does not answer questions about its figures.', 'unavailable', {
        hint: 'Turn on its statistics plugin (<statisticsBrokerPlugin/> in activemq.xml), or give a Jolokia address with ?management=http://host:8161/api/jolokia.',
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    await this.#statistics?.close();
  }
}

/** The destinations that were asked for, as they are told: never many more of them than there is room for. */
class Found {
  /** A part of the names; where it is undefined, those that are {@link wanted}. */
  readonly #containing: string | undefined;
  /** A run's queues and topics. */
  readonly wanted: ReturnType<typeof partsOf> | undefined;
  #kept: DestinationReading[] = [];
  #count = 0;

  constructor(selection: Selection) {
    this.#containing = 'containing' in selection ? selection.containing : undefined;
    this.wanted = 'exactly' in selection ? selection.exactly.flatMap(partsOf) : undefined;
  }

  add(map: PluginMap): void {
    const reading = destinationFromPlugin(map);
    if (reading === undefined || !this.#isWanted(reading)) return;
    this.#count++;
    this.#kept.push(reading);
    if (this.#kept.length >= 2 * mostDestinations) this.#cut();
  }

  #isWanted({ name, kind }: DestinationReading): boolean {
    const containing = this.#containing;
    return containing === undefined
      ? this.wanted?.some((part) => part.name === name && part.kind === kind) === true
      : name.includes(containing) && (!isAdvisory(name) || isAdvisory(containing));
  }

  /** By name, as many as there is room for. */
  #cut(): void {
    this.#kept = this.#kept.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, mostDestinations);
  }

  all(): Pick<Reading, 'destinations' | 'destinationCount'> {
    this.#cut();
    return { destinations: this.#kept, destinationCount: this.wanted?.length ?? this.#count };
  }
}
