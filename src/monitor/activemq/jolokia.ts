/** Looks at ActiveMQ through Jolokia (JMX over HTTP); the commands `read` and `search` are enough. */
import { z } from 'zod';
import type { Endpoint } from '../../brokers/adapter.js';
import { partsOf } from '../../brokers/stomp/topology.js';
import { BrokerError } from '../../errors.js';
import { HttpJson } from '../http.js';
import { mostDestinations, type Reading, type Selection, type Source } from '../sample.js';
import { FlowControl } from './flow-control.js';
import {
  brokerAttributes,
  brokerSchema,
  type DestinationBean,
  destinationAttributes,
  destinationFromBean,
  destinationSchema,
  isAdvisory,
  type Kind,
  nodeFromBean,
  producerAttributes,
  producerSchema,
  type SubscriptionBean,
  subscriptionAttributes,
  subscriptionSchema,
  waitingOn,
} from './parse.js';

/** MBeans asked for in one request. */
const pageSize = 250;

const refusedHint = 'Check user and password, and let the user read and search below org.apache.activemq.';

/** Jolokia answers HTTP 200 and has the real status inside. */
const answerSchema = z.object({ status: z.number(), value: z.unknown().optional(), error: z.string().optional() });
type Answer = z.infer<typeof answerSchema>;
/** One for each question, or one for all where none of them was looked at. */
const answersSchema = z.union([z.array(answerSchema), answerSchema.transform((answer) => [answer])]);

/** MBeans of one broker; there may be several in a JVM. */
const ofBroker = 'org.apache.activemq:type=Broker,brokerName=*';

interface BrokerFigures {
  readonly broker: z.infer<typeof brokerSchema>;
  /** Producers that flow control holds up. */
  readonly blocked: number;
  /** By the name of the topic that each subscribes to. */
  readonly subscriptions: ReadonlyMap<string, readonly SubscriptionBean[]>;
}

export class JolokiaSource implements Source {
  readonly refreshSeconds = 0;
  readonly #http: HttpJson;
  readonly #flowControl = new FlowControl();
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
    const [{ broker, blocked, subscriptions }, found] = await Promise.all([this.#broker(), this.#find(selection)]);
    const beans: { name: string; kind: Kind; bean: DestinationBean }[] = [];
    for (let i = 0; i < found.length && i < mostDestinations; i += pageSize) {
      const page = found.slice(i, i + pageSize);
      const answers = await this.#post(
        page.map((mbean) => ({ type: 'read', mbean, attribute: destinationAttributes })),
        answersSchema,
      );
      for (const [at, { status, value }] of answers.entries()) {
        // 404: the destination went since it was found.
        if (status !== 200) continue;
        const bean = destinationSchema.safeParse(value);
        if (!bean.success) continue;
        const name = page[at] ?? '';
        beans.push({ name, kind: /\bdestinationType=Topic\b/.test(name) ? 'topic' : 'queue', bean: bean.data });
      }
    }
    const destinations = beans.map(({ kind, bean }) =>
      destinationFromBean(
        bean,
        kind,
        kind === 'topic' ? waitingOn(bean, subscriptions.get(bean.Name) ?? []) : undefined,
      ),
    );
    return {
      product: 'Apache ActiveMQ Classic',
      ...(broker.BrokerVersion === undefined ? {} : { version: broker.BrokerVersion }),
      source: 'Jolokia',
      nodes: [nodeFromBean(broker)],
      heldUp: this.#flowControl.heldUp(blocked, beans),
      counters: {
        ...(broker.TotalEnqueueCount === undefined ? {} : { in: broker.TotalEnqueueCount }),
        ...(broker.TotalDequeueCount === undefined ? {} : { acknowledged: broker.TotalDequeueCount }),
      },
      destinations,
      destinationCount:
        'exactly' in selection
          ? selection.exactly.flatMap(partsOf).length
          : Math.max(destinations.length, found.length > mostDestinations ? found.length : 0),
      notes: [],
    };
  }

  /** What is asked of the broker as a whole, in one request. */
  async #broker(): Promise<BrokerFigures> {
    const answers = await this.#post(
      [
        { type: 'read', mbean: ofBroker, attribute: brokerAttributes },
        // `Producer`, or `dynamicProducer` for one that sends to several destinations, as STOMP connections may.
        { type: 'read', mbean: `${ofBroker},endpoint=*roducer,*`, attribute: producerAttributes },
        {
          type: 'read',
          mbean: `${ofBroker},destinationType=Topic,destinationName=*,endpoint=Consumer,*`,
          attribute: subscriptionAttributes,
        },
      ],
      answersSchema,
    );
    const [brokers, producers, subscriptions] = answers;
    const [broker] = beansIn(brokers && this.#valueOf(brokers), brokerSchema);
    if (broker === undefined)
      throw new BrokerError('Behind this Jolokia is no ActiveMQ broker.', 'protocol', {
        where: this.#http.where,
        hint: 'Check the management address.',
      });
    return {
      broker,
      blocked: beansIn(producers?.value, producerSchema).filter(({ ProducerBlocked }) => ProducerBlocked).length,
      subscriptions: byTopic(beansIn(subscriptions?.value, subscriptionSchema)),
    };
  }

  /** Names of the MBeans of what is selected, in order. */
  async #find(selection: Selection): Promise<string[]> {
    if ('exactly' in selection) {
      const parts = selection.exactly.flatMap(partsOf);
      return this.#search(parts.map(({ name, kind }) => ({ name, type: kind === 'topic' ? 'Topic' : 'Queue' })));
    }
    const names = await this.#search([{ name: '*', type: '*' }]);
    const wanted = selection.containing;
    const nameOf = (bean: string): string => /\bdestinationName=([^,]*)/.exec(bean)?.[1] ?? '';
    return names
      .map((bean) => [nameOf(bean), bean] as const)
      .filter(([destination]) => destination.includes(wanted))
      .filter(([destination]) => !isAdvisory(destination) || isAdvisory(wanted))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, bean]) => bean);
  }

  async #search(wanted: readonly { readonly name: string; readonly type: string }[]): Promise<string[]> {
    const answers = await this.#post(
      wanted.map(({ name, type }) => ({
        type: 'search',
        // Without `,*` at the end: subscriptions are below their destination.
        mbean: `${ofBroker},destinationType=${type},destinationName=${name}`,
      })),
      answersSchema,
    );
    return answers.flatMap((answer) => z.array(z.string()).catch([]).parse(this.#valueOf(answer)));
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

function byTopic(subscriptions: readonly SubscriptionBean[]): BrokerFigures['subscriptions'] {
  const found = new Map<string, SubscriptionBean[]>();
  for (const one of subscriptions) {
    const others = found.get(one.DestinationName);
    if (others === undefined) found.set(one.DestinationName, [one]);
    else others.push(one);
  }
  return found;
}

/** The MBeans that a pattern found, without those that are something else. */
function beansIn<T extends z.ZodType>(value: unknown, schema: T): z.infer<T>[] {
  const beans = z.record(z.string(), z.unknown()).safeParse(value);
  return Object.values(beans.data ?? {}).flatMap((bean) => schema.safeParse(bean).data ?? []);
}
