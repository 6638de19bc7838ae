import { describe, expect, it } from 'vitest';
import { parseCounters, Statistics } from '../../../src/brokers/stomp/statistics.js';
import { BrokerError } from '../../../src/errors.js';
import { PluginSource } from '../../../src/monitor/activemq/plugin.js';
import { mostDestinations } from '../../../src/monitor/sample.js';
import { type PeerSocket, politePeer, type RawFrame, type StompPeer } from './peer.js';

/** An answer of ActiveMQ 6.3.1, shortened. */
const answer = JSON.stringify({
  map: {
    entry: [
      { string: 'dequeueCount', long: 3 },
      { string: ['brokerId', 'ID:host-1'] },
      { string: 'consumerCount', long: 2 },
      { string: 'minEnqueueTime', double: 1.5 },
      { string: 'memoryPercentUsage', int: 0 },
      { string: 'inflightCount', long: 4 },
      { string: 'size', long: 10 },
      { string: 'enqueueCount', long: 13 },
    ],
  },
});

describe('parseCounters', () => {
  it('reads the counters and nothing else', () => {
    expect(parseCounters(answer)).toEqual({
      size: 10,
      inflightCount: 4,
      consumerCount: 2,
      enqueueCount: 13,
      dequeueCount: 3,
    });
  });

  it.each([
    ['the mark at the end of the list', '{"map":""}'],
    ['a map of one entry', '{"map":{"entry":{"string":"size","long":1}}}'],
    ['what is no JSON', '<map/>'],
    ['another document', '[1]'],
  ])('finds none in %s', (_name, text) => {
    expect(parseCounters(text)).toBeUndefined();
  });
});

/** A statistics plugin: asked for the broker it says its name; a list is what `list` makes of it. */
function plugin(list: (tell: (json: string) => void, socket: PeerSocket, question: RawFrame) => void) {
  let subscription = '';
  return politePeer((frame, socket) => {
    if (frame.command === 'SUBSCRIBE') subscription = frame.headers['id'] ?? '';
    if (frame.command !== 'SEND') return;
    const { destination = '', 'correlation-id': id } = frame.headers;
    const tell = (json: string): void =>
      socket.write(
        `MESSAGE\nsubscription:${subscription}\nmessage-id:1\ndestination:/temp-queue/x\ncorrelation-id:${id}\ncontent-length:${json.length}\n\n${json}^`,
      );
    if (destination.includes('Statistics.Broker')) tell('{"map":{"entry":{"string":["brokerName","b"]}}}');
    else list(tell, socket, frame);
  });
}
const mapOf = (name: string): string => `{"map":{"entry":{"string":["destinationName","queue://${name}"]}}}`;
const end = '{"map":""}';

describe.concurrent('the statistics plugin', () => {
  const within = async (peer: StompPeer, work: (statistics: Statistics) => Promise<void>): Promise<void> => {
    const statistics = new Statistics(peer.endpoint, 'test');
    try {
      await statistics.broker();
      await work(statistics);
    } finally {
      statistics.destroy();
      await peer.close();
    }
  };
  const outcome = (asked: Promise<unknown>) =>
    asked.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('may take its time for a list as long as it goes on', async () => {
    const peer = await plugin((tell) => {
      // 2.8 s in all, which is longer than it may be silent.
      for (let i = 0; i < 4; i++) setTimeout(() => tell(i < 3 ? mapOf(`q${i}`) : end), 700 * (i + 1));
    });
    await within(peer, async (statistics) => {
      const names: unknown[] = [];
      await statistics.destinations('>', 'queue', (map) => names.push(map['destinationName']));
      expect(names).toEqual(['queue://q0', 'queue://q1', 'queue://q2']);
    });
  });

  it('that falls silent once it has answered is late, not absent', async () => {
    const peer = await plugin((tell) => tell(mapOf('q')));
    await within(peer, async (statistics) => {
      const error = await outcome(statistics.destinations('>', 'queue', () => undefined));
      expect(error).toBeInstanceOf(BrokerError);
      expect(error).toMatchObject({ kind: 'timeout' });
    });
  });

  it('whose connection was lost since the last question says so', async () => {
    const peer = await plugin((_, socket) => socket.end());
    await within(peer, async (statistics) => {
      for (const kind of ['queue', 'topic'] as const)
        expect(await outcome(statistics.destinations('>', kind, () => undefined))).toMatchObject({ kind: 'lost' });
      expect(await outcome(statistics.broker())).toMatchObject({ kind: 'lost' });
    });
  });

  it('of thousands of queues has the first thousand by name in a reading, and counts those that fit', async () => {
    const peer = await plugin((tell, _, { headers }) => {
      if (headers['destination']?.startsWith('/queue/') === true)
        for (let i = 2_500; i > 0; i--) for (const name of ['q', 'other']) tell(mapOf(`${name}${10_000 + i}`));
      tell(end);
    });
    const source = new PluginSource(peer.endpoint);
    try {
      const { destinations, destinationCount } = await source.read({ containing: 'q' });
      expect(destinationCount).toBe(2_500);
      expect(destinations).toHaveLength(mostDestinations);
      expect([destinations[0]?.name, destinations.at(-1)?.name]).toEqual(['q10001', 'q11000']);
    } finally {
      await source.close();
      await peer.close();
    }
  });
});
