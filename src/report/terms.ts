/** What a report calls its figures: in a result of requests a message is a call, and what counts is its round trip. */
import { patternOf } from '../scenario/pattern.js';
import type { ReportModel } from './model.js';

export interface Terms {
  readonly throughput: string;
  /** The heads of columns and axes. */
  readonly perSecond: string;
  readonly rateAxis: string;
  /** In running text, after a number. */
  readonly rate: string;
  readonly endToEnd: string;
  readonly endToEndNote: string;
  readonly endToEndService: string;
  readonly endToEndServiceNote: string;
}

const messages: Terms = {
  throughput: 'Throughput',
  perSecond: 'Messages/s',
  rateAxis: 'Messages per second',
  rate: 'messages per second',
  endToEnd: 'End-to-end latency',
  endToEndNote: 'Receipt − intended send time.',
  endToEndService: 'End-to-end service time',
  endToEndServiceNote: 'Receipt − actual send time',
};

const calls: Terms = {
  throughput: 'Round trips',
  perSecond: 'Round trips/s',
  rateAxis: 'Round trips per second',
  rate: 'round trips per second',
  endToEnd: 'Round-trip latency',
  endToEndNote: 'Reply − intended send time of its request.',
  endToEndService: 'Round-trip service time',
  endToEndServiceNote: 'Reply − actual send time of its request',
};

/** Whether a result's messages are requests. */
export const isOfCalls = ({ result }: ReportModel): boolean => patternOf(result.scenario.pattern).kind === 'rpc';

/** The words for one result, or for several laid over each other. */
export function termsOf(models: readonly ReportModel[]): Terms {
  return models.every(isOfCalls) ? calls : messages;
}
