/** Looks at ActiveMQ through Jolokia (JMX over HTTP); the commands `read` and `search` are enough. */
import { z } from 'zod';
import type { Endpoint } from '../../brokers/adapter.js';
import { BrokerError } from '../../errors.js';
import { HttpJson } from '../http.js';
import { mostDestinations, type DestinationReading, type Reading, type Selection, type Source } from '../sample.js';
import {
  brokerAttributes,
  brokerSchema,
  destinationAttributes,
  destinationFromBean,
  destinationSchema,
  isAdvisory,
  nodeFromBean,
} from './parse.js';

/** MBeans asked for in one request. */
const pageSize = 250;

const refusedHint = 'Check user and password, and let the user read and search below org.apache.activemq.';

/** Jolokia answers HTTP 200 and has the real status inside. */
const answerSchema = z.object({ status: z.number(), value: z.unknown().optional(), error: z.string().optional() });
type Answer = z.infer<typeof answerSchema>;

export class JolokiaSource implements Source {
  readonly refreshSeconds = 0;
  readonly #http: HttpJson;
  readonly #path: string;

  /** @param url of the agent, e.g. `http://localhost:8161/api/jolokia` */
  constructor(url: URL, endpoint: Endpoint) {
    this.#path = url.pathname.replace(/\/*$/, '/');
    this.#http = new HttpJson(
      {
        what: "ActiveMQ's management interface (Jolokia)",
        refusedHint,
        absentHint:
          'Check the management address, or leave it out: the statistics plugin is asked then, over STOMP itself.',
      },
      new URL(url.origin),
      endpoint,
      undefined,
    );
  }

  async read(selection: Selection): Promise<Reading> {
    const [broker, found] = await Promise.all([this.#broker(), this.#find(selection)]);
    const destinations: DestinationReading[] = [];
    let blocked = 0;
    for (let i = 0; i < found.length && i < mostDestinations; i += pageSize) {
      const page = found.slice(i, i + pageSize);
      const answers = await this.#post(
        page.map((mbean) => ({ type: 'read', mbean, attribute: destinationAttributes })),
        z.array(answerSchema),
      );
      for (const [at, { status, value }] of answers.entries()) {
        // 404: the destination went since it was found.
        if (status !== 200) continue;
        const bean = destinationSchema.safeParse(value);
        if (!bean.success) continue;
        const kind = /\bdestinationType=Topic\b/.test(page[at] ?? '') ? 'topic' : 'queue';
        destinations.push(destinationFromBean(bean.data, kind));
        blocked += bean.data.BlockedSends ?? 0;
      }
    }
    return {
      product: 'Apache ActiveMQ Classic',
      ...(broker.BrokerVersion === undefined ? {} : { version: broker.BrokerVersion }),
      source: 'Jolokia',
      nodes: [nodeFromBean(broker)],
      heldUp: blocked,
      counters: {
        ...(broker.TotalEnqueueCount === undefined ? {} : { in: broker.TotalEnqueueCount }),
        ...(broker.TotalDequeueCount === undefined ? {} : { acknowledged: broker.TotalDequeueCount }),
      },
      destinations,
      destinationCount: Math.max(destinations.length, found.length > mostDestinations ? found.length : 0),
      notes: [],
    };
  }

  async #broker(): Promise<z.infer<typeof brokerSchema>> {
    const mbean = 'org.apache.activemq:type=Broker,brokerName=*';
    const answer = await this.#post({ type: 'read', mbean, attribute: brokerAttributes }, answerSchema);
    const beans = z.record(z.string(), brokerSchema).safeParse(this.#valueOf(answer));
    const bean = beans.success ? Object.values(beans.data)[0] : undefined;
    if (bean === undefined)
      throw new BrokerError('Behind this Jolokia is no ActiveMQ broker.', 'protocol', {
        where: this.#http.where,
        hint: 'Check the management address.',
      });
    return bean;
  }

  /** Names of the MBeans of what is selected, in order. */
  async #find(selection: Selection): Promise<string[]> {
    const wantedNames = 'exactly' in selection ? selection.exactly : ['*'];
    const answers = await this.#post(
      wantedNames.map((name) => ({
        type: 'search',
        // Without `,*` at the end: subscriptions are below their destination.
        mbean: `org.apache.activemq:type=Broker,brokerName=*,destinationType=*,destinationName=${name}`,
      })),
      z.array(answerSchema),
    );
    const names = answers.flatMap((answer) => z.array(z.string()).catch([]).parse(this.#valueOf(answer)));
    if ('exactly' in selection) return names;
    const wanted = selection.containing;
    const nameOf = (bean: string): string => /\bdestinationName=([^,]*)/.exec(bean)?.[1] ?? '';
    return names
      .map((bean) => [nameOf(bean), bean] as const)
      .filter(([destination]) => destination.includes(wanted))
      .filter(([destination]) => !isAdvisory(destination) || isAdvisory(wanted))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, bean]) => bean);
  }

  #valueOf({ status, value, error }: Answer): unknown {
    if (status === 200) return value;
    if (status === 404) return undefined;
    const why = (error ?? 'no reason given').replace(/\s+/g, ' ').slice(0, 120);
    throw new BrokerError(`ActiveMQ's management interface (Jolokia) refused to answer: ${why}.`, 'refused', {
      where: this.#http.where,
      hint: refusedHint,
    });
  }

  async #post<T>(question: unknown, schema: z.ZodType<T>): Promise<T> {
    return (await this.#http.ask(this.#path, schema, { post: question }))!;
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}
