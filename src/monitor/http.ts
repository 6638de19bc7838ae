/** Asks a broker's HTTP interface for JSON, and says in a broker's terms what went wrong. */
import type { Agent } from 'undici';
import { z } from 'zod';
import type { Endpoint } from '../brokers/adapter.js';
import { BrokerError, messageOf } from '../errors.js';
import { readTimeoutMs } from './sample.js';

/** An answer larger than this is not read to its end: no page of figures is, whatever answers there. */
const mostBytes = 32 * 1024 * 1024;

/** Questions under way at a time. */
const mostConnections = 8;

export interface HttpSource {
  /** e.g. `RabbitMQ's management API`, as a sentence begins. */
  readonly what: string;
  /** How a person opens it to a user who may only read. */
  readonly refusedHint: string;
  /** How a person turns it on. */
  readonly absentHint: string;
}

export class HttpJson {
  /** From the first question on: its library is slow to load. */
  #agent: Promise<Agent> | undefined;
  readonly #headers: Record<string, string>;
  /** The origin, for people: never with credentials. */
  readonly where: string;

  /** @param base the interface's root; user, password and TLS are the endpoint's */
  constructor(
    private readonly source: HttpSource,
    private readonly base: URL,
    private readonly endpoint: Endpoint,
    defaultUser: { readonly username: string; readonly password: string } | undefined,
  ) {
    this.where = base.origin;
    const username = endpoint.username ?? defaultUser?.username;
    const password = (endpoint.username === undefined ? defaultUser?.password : endpoint.password) ?? '';
    this.#headers = {
      // ActiveMQ's own policy is strict: a request without an Origin that it knows is refused.
      origin: base.origin,
      ...(username === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }),
    };
  }

  async #open(): Promise<Agent> {
    const { Agent } = await import('undici');
    return new Agent({
      connect: { ...this.endpoint.tls, timeout: readTimeoutMs },
      // A run with hundreds of destinations asks for each of them.
      connections: mostConnections,
      maxResponseSize: mostBytes,
    });
  }

  /**
   * GETs a path below the root, or POSTs JSON to it.
   * @param options.absentAt HTTP statuses that mean that there is no such thing: undefined then, and no error
   * @throws BrokerError absent, refused, timeout or protocol
   */
  async ask<T>(
    path: string,
    schema: z.ZodType<T>,
    options: { readonly post?: unknown; readonly absentAt?: readonly number[] } = {},
  ): Promise<T | undefined> {
    const { what, absentHint, refusedHint } = this.source;
    let status: number;
    let body: unknown;
    try {
      const { request } = await import('undici');
      const response = await request(new URL(path, this.base), {
        dispatcher: await (this.#agent ??= this.#open()),
        signal: AbortSignal.timeout(readTimeoutMs),
        headers: { ...this.#headers, ...(options.post === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(options.post === undefined ? {} : { method: 'POST', body: JSON.stringify(options.post) }),
      });
      status = response.statusCode;
      if (status === 200) body = await response.body.json();
      // Who is refused is told why.
      else if (status === 401 || status === 403) body = await response.body.json().catch(() => undefined);
      else await response.body.dump();
    } catch (error) {
      throw this.#failure(error);
    }
    if (options.absentAt?.includes(status) === true) return undefined;
    if (status === 401 || status === 403)
      throw new BrokerError(`${what} refused the user (HTTP ${status}${reasonIn(body)}).`, 'refused', {
        where: this.where,
        hint: refusedHint,
      });
    const parsed = schema.safeParse(body);
    if (status !== 200 || !parsed.success)
      throw new BrokerError(`What answers as ${what} is something else (HTTP ${status}).`, 'protocol', {
        where: this.where,
        hint: absentHint,
      });
    return parsed.data;
  }

  #failure(error: unknown): BrokerError {
    const { what, absentHint } = this.source;
    const place = { where: this.where, hint: absentHint, cause: error };
    const name = error instanceof Error ? error.name : '';
    if (name === 'TimeoutError' || name === 'ConnectTimeoutError')
      return new BrokerError(`${what} did not answer within ${readTimeoutMs / 1000} s.`, 'timeout', {
        where: this.where,
        cause: error,
      });
    if (error instanceof SyntaxError)
      return new BrokerError(`What answers as ${what} is something else (no JSON).`, 'protocol', place);
    return new BrokerError(`${what} does not answer: ${messageOf(error).replace(/\.$/, '')}.`, 'absent', place);
  }

  async close(): Promise<void> {
    await (await this.#agent)?.destroy();
  }
}

/** RabbitMQ's reason, e.g. `Not management user`, in front of which the HTTP status stands. */
function reasonIn(body: unknown): string {
  const { reason } = refusalSchema.safeParse(body).data ?? {};
  return reason === undefined ? '' : `: ${reason.replace(/\s+/g, ' ').slice(0, mostReason)}`;
}
const refusalSchema = z.object({ reason: z.string() });
/** Characters of a reason. */
const mostReason = 80;
