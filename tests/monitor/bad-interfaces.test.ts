/** Interfaces that misbehave in ways a real broker cannot be brought to: hung, half, foreign, or with 10,000 queues. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { connectionPageSchema, heldUpOf, queuePageSchema } from '../../src/monitor/rabbitmq/parse.js';
import { RabbitmqSource } from '../../src/monitor/rabbitmq/index.js';
import { activemqSource } from '../../src/monitor/activemq/index.js';
import { eventually } from '../../src/contract/bench.js';
import { KafkaSource } from '../../src/monitor/kafka/index.js';
import { mostDestinations, type Source } from '../../src/monitor/sample.js';
import { Watch } from '../../src/monitor/watch.js';

const servers: Server[] = [];
const sources: Source[] = [];
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const secret = 'do-not-print-me';
function rabbitmq(managementUrl: string): Source {
  const endpoint = { url: 'amqp://127.0.0.1:5672', username: 'me', password: secret, managementUrl };
  const source = new RabbitmqSource(endpoint, 0);
  sources.push(source);
  return source;
}

/** A management API with so many queues, and so many connections. */
function management(queues: () => number, paths: string[] = [], connections = 2): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    paths.push(url.pathname + url.search);
    const json = (value: unknown): void => void response.end(JSON.stringify(value));
    if (url.pathname === '/api/overview')
      return json({ rabbitmq_version: '3.13.0', object_totals: { connections: 1 } });
    if (url.pathname === '/api/nodes') return json([{ name: 'rabbit@a', mem_used: 1, mem_limit: 2, mem_alarm: true }]);
    if (url.pathname === '/api/connections')
      return json({ items: [{ state: 'flow' }, { state: 'running' }], total_count: connections });
    const page = Number(url.searchParams.get('page'));
    const size = Number(url.searchParams.get('page_size'));
    const first = (page - 1) * size;
    if (first > 0 && first >= queues()) {
      response.statusCode = 400;
      return json({ error: 'page_out_of_range' });
    }
    const items = Array.from({ length: Math.max(0, Math.min(size, queues() - first)) }, (_, i) => ({
      name: `q${first + i}`,
      vhost: '/',
      messages: 1,
    }));
    return json({ items, page_count: Math.ceil(queues() / size), filtered_count: queues() });
  };
}

/** A folder that is not there. */
const noRuns = 'no-results-here';

describe('an interface that misbehaves', () => {
  it.each<[string, RequestListener | undefined, RegExp]>([
    ['is not there', undefined, /management API does not answer.*ECONNREFUSED/],
    ['refuses the user', (_, response) => void response.writeHead(401).end(), /refused the user \(HTTP 401\)/],
    ['is something else', (_, response) => void response.end('<html>'), /is something else/],
    ['is another JSON', (_, response) => void response.end('{"a":1}'), /is something else/],
    ['breaks off', (_, response) => void response.destroy(), /does not answer/],
  ])('says so when it %s', async (_name, listener, what) => {
    const url = listener === undefined ? 'http://127.0.0.1:1' : await serve(listener);
    const watch = new Watch([{ target: 'rabbitmq', source: rabbitmq(url), address: url }], { containing: '' }, noRuns);
    const [first] = await watch.look(10_000);
    expect(first?.error).toMatch(what);
    expect(first?.error).not.toContain(secret);
    // Watching goes on.
    expect((await watch.look(10_000))[0]?.error).toMatch(what);
  });

  it('holds up nobody else while it hangs, says for how long, and is asked again after', async () => {
    let hang = true;
    const answer = management(() => 1);
    const hung = rabbitmq(await serve((q, a) => (hang ? undefined : answer(q, a))));
    const well = rabbitmq(await serve(management(() => 3)));
    const watch = new Watch(
      [
        { target: 'hung', source: hung, address: 'a' },
        { target: 'well', source: well, address: 'b' },
      ],
      { containing: '' },
      noRuns,
    );
    const [a, b] = await watch.look(1000);
    expect(a?.error).toMatch(/has not answered for \d+ s/);
    expect(b?.sample?.destinations).toHaveLength(3);
    const [, again] = await watch.look(500);
    expect(again?.sample).toBeDefined();
    hang = false;
    expect((await watch.look(20_000))[0]?.error).toMatch(/did not answer within 5 s/);
    expect((await watch.look(20_000))[0]?.sample?.destinations).toHaveLength(1);
  });

  it('is asked page by page, and for no more than the longest thousand of 10,000 queues', async () => {
    const paths: string[] = [];
    const reading = await rabbitmq(await serve(management(() => 10_000, paths))).read({ containing: 'q' });
    expect(reading.destinations).toHaveLength(mostDestinations);
    expect(reading.destinationCount).toBe(10_000);
    const pages = paths.filter((path) => path.startsWith('/api/queues'));
    expect(pages).toHaveLength(2);
    for (const page of pages) expect(page).toMatch(/page_size=500&name=q&.*sort=messages&sort_reverse=true/);
    expect(reading.nodes[0]).toMatchObject({ memoryAlarm: true, connections: 1 });
    expect(reading.heldUp).toBe(1);
  });

  it('has an empty list for each connection of which nothing is gathered yet', () => {
    const page = { page_count: 1, filtered_count: 2, items: [[], { state: 'flow' }] };
    expect(heldUpOf(connectionPageSchema.parse(page))).toBe(1);
    expect(connectionPageSchema.safeParse({ ...page, items: [['other']] }).success).toBe(false);
    expect(queuePageSchema.parse({ ...page, items: [[]] }).items).toEqual([]);
  });

  it('may lose queues between two pages', async () => {
    let count = 800;
    const listener = management(() => count);
    const source = rabbitmq(
      await serve((request, response) => {
        listener(request, response);
        if (request.url?.includes('/api/queues?page=1') === true) count = 300;
      }),
    );
    const reading = await source.read({ containing: '' });
    expect(reading.destinations).toHaveLength(500);
  });
});

describe('figures of RabbitMQ', () => {
  it('count a queue once that is on two pages, as it grew while they were read', async () => {
    const listener = management(() => 600);
    const source = rabbitmq(
      await serve((request, response) => {
        if (request.url?.includes('/api/queues?page=2') !== true) return listener(request, response);
        const items = [
          { name: 'q0', vhost: '/', messages: 0 },
          { name: 'q0', vhost: 'other', messages: 0 },
        ];
        response.end(JSON.stringify({ items, page_count: 2, filtered_count: 501 }));
      }),
    );
    const { destinations } = await source.read({ containing: '' });
    expect(destinations.filter(({ name }) => name === 'q0').map(({ vhost, total }) => [vhost, total])).toEqual([
      [undefined, 0],
      ['other', 0],
    ]);
  });

  it('say where there are more connections than flow control is looked for in', async () => {
    const notes = async (connections: number) =>
      (await rabbitmq(await serve(management(() => 1, [], connections))).read({ containing: '' })).notes;
    expect(await notes(500)).toEqual([]);
    expect(await notes(501)).toEqual(['flow control is looked for in 500 connections only']);
  });
});

describe('Kafka', () => {
  it(
    'that takes connections and says nothing gets no second one while the first hangs',
    { timeout: 30_000 },
    async () => {
      const open = new Set<Socket>();
      const server = createTcpServer((socket) => {
        open.add(socket);
        // Read, so that its end is seen.
        socket.resume().on('error', () => undefined);
        socket.once('close', () => open.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const source = new KafkaSource({ url: `kafka://127.0.0.1:${(server.address() as AddressInfo).port}` });
      try {
        await expect(source.read({ containing: '' })).rejects.toThrow(/did not answer/);
        await eventually('it is cut', () => open.size === 0, 2_000);
      } finally {
        await source.close();
        for (const socket of open) socket.destroy();
        server.close();
      }
    },
  );
});

describe("ActiveMQ's Jolokia", () => {
  it('is asked for the figures of a thousand of 10,000 queues, a page of them at a time', async () => {
    const asked: number[] = [];
    const commands = new Set<string>();
    const beanOf = (i: number) =>
      `org.apache.activemq:type=Broker,brokerName=b,destinationType=Queue,destinationName=q${10_000 + i}`;
    const answerTo = ({ type, mbean }: { readonly type: string; readonly mbean: string }): unknown => {
      if (type === 'search') return Array.from({ length: 10_000 }, (_, i) => beanOf(9_999 - i));
      const [, name] = /destinationName=(q\d+)$/.exec(mbean) ?? [];
      if (name !== undefined) return { Name: name, QueueSize: 5, InFlightCount: 2 };
      return /brokerName=\*$/.test(mbean) ? { [mbean]: { BrokerName: 'b' } } : {};
    };
    const url = await serve((request, response) => {
      void text(request).then((body) => {
        const questions = JSON.parse(body) as { type: string; mbean: string }[];
        asked.push(questions.length);
        for (const { type } of questions) commands.add(type);
        response.end(JSON.stringify(questions.map((one) => ({ status: 200, value: answerTo(one) }))));
      });
    });
    const source = activemqSource({ url: 'stomp://127.0.0.1:1', managementUrl: `${url}/jolokia` });
    sources.push(source);
    const { destinations, destinationCount } = await source.read({ containing: 'q' });
    expect(destinationCount).toBe(10_000);
    expect(destinations).toHaveLength(mostDestinations);
    expect(destinations[0]).toMatchObject({ name: 'q10000', ready: 3, unacknowledged: 2, total: 5 });
    expect(asked.toSorted((a, b) => a - b)).toEqual([1, 3, 250, 250, 250, 250]);
    // Reading rights are enough.
    expect([...commands].sort()).toEqual(['read', 'search']);
  });

  it('that refuses inside of HTTP 200 is told', async () => {
    const url = await serve((_, response) => void response.end(JSON.stringify({ status: 403, error: 'not allowed' })));
    const source = activemqSource({ url: 'stomp://127.0.0.1:1', managementUrl: `${url}/jolokia` });
    sources.push(source);
    await expect(source.read({ containing: '' })).rejects.toThrow(/refused to answer: not allowed/);
  });
});
