/** Sends a consumer's replies to the topics that the requests name. */
import type { DestinationSpec } from '../adapter.js';
import type { KafkaDelivery } from './consumer.js';
import { correlationHeader, replyTopicHeader } from './producer.js';
import { replyGroupsOf } from './topology.js';
import { openWriter, type Writer, type WriterContext } from './writer.js';

export interface ReplierContext extends Pick<
  WriterContext,
  'options' | 'where' | 'open' | 'onRetry' | 'metrics' | 'onConnectionError'
> {
  readonly destination: DestinationSpec;
  /** A reply could not be written; told once. */
  readonly onFailure: (reason: string) => void;
}

export class Replier {
  private constructor(
    private readonly writer: Writer,
    /** Reply topics to their place among the writer's lanes. */
    private readonly lanes: ReadonlyMap<string, number>,
  ) {}

  /** @throws BrokerError; UsageError for options that contradict the guarantee */
  static async open(context: ReplierContext): Promise<Replier> {
    const { destination, onFailure } = context;
    const topics = replyGroupsOf(destination);
    let ended = false;
    const writer = await openWriter({
      ...context,
      lanes: topics.map((topic) => ({ topic, partition: 0 })),
      name: destination.name,
      guarantee: destination.guarantee,
      settle: (_token, error) => {
        if (error === undefined || ended) return;
        ended = true;
        onFailure(`a reply could not be sent: ${error.message}`);
      },
    });
    const quiet: Writer = {
      ...writer,
      close: () => {
        ended = true;
        return writer.close();
      },
      end: (error) => {
        ended = true;
        writer.end(error);
      },
    };
    return new Replier(quiet, new Map(topics.map((topic, lane) => [topic, lane])));
  }

  /** Writes one reply; a request that names no topic of ours gets none. */
  reply(request: KafkaDelivery, body: Buffer): void {
    const lane = this.lanes.get(request.header(replyTopicHeader) ?? '');
    const correlation = request.header(correlationHeader);
    if (lane === undefined || correlation === undefined) return;
    this.writer.add(body, 0, lane, { [correlationHeader]: correlation });
  }

  /** Writes what is still held, then ends; bounded by the connection that closes it. */
  async close(): Promise<void> {
    await this.writer.flush();
    await this.writer.close();
  }

  end(error: Error): void {
    this.writer.end(error);
  }
}
