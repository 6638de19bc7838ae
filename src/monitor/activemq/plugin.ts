/**
 * Looks at ActiveMQ through its statistics plugin, over STOMP itself. A user needs the rights to send to
 * `ActiveMQ.Statistics.>` and to have a temporary queue.
 */
import { randomUUID } from 'node:crypto';
import { Statistics } from '../../brokers/stomp/statistics.js';
import type { Endpoint } from '../../brokers/adapter.js';
import { BrokerError } from '../../errors.js';
import { type DestinationReading, mostDestinations, type Reading, type Selection, type Source } from '../sample.js';
import { destinationFromPlugin, isAdvisory, nodeFromPlugin } from './parse.js';

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
      // The plugin's own pattern knows whole words between dots only; a part of a name is looked for here.
      const maps = (
        'exactly' in selection
          ? await Promise.all(selection.exactly.map((name) => statistics.destinations(name, 'queue')))
          : [await statistics.destinations('>', 'queue'), await statistics.destinations('>', 'topic')]
      ).flat();
      const isWanted = ({ name }: DestinationReading): boolean =>
        'exactly' in selection
          ? selection.exactly.includes(name)
          : name.includes(selection.containing) && (!isAdvisory(name) || isAdvisory(selection.containing));
      const all = maps
        .flatMap((map) => destinationFromPlugin(map) ?? [])
        .filter(isWanted)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const blocked = maps.map((map) => map['blockedSends']).filter((value) => typeof value === 'number');
      return {
        product: 'Apache ActiveMQ Classic',
        source: 'statistics plugin',
        nodes: [nodeFromPlugin(broker)],
        ...(blocked.length === 0 ? {} : { heldUp: blocked.reduce((sum, value) => sum + value, 0) }),
        counters: {
          ...(typeof broker['enqueueCount'] === 'number' ? { in: broker['enqueueCount'] } : {}),
          ...(typeof broker['dequeueCount'] === 'number' ? { acknowledged: broker['dequeueCount'] } : {}),
        },
        destinations: all.slice(0, mostDestinations),
        destinationCount: all.length,
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
