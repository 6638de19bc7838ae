/** Downloads of files whose size and SHA-256 are known beforehand; nothing else ever gets into place. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { BrokerError, messageOf } from '../../../errors.js';

export interface PinnedFile {
  readonly url: URL;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Absolute path where it ends up; on the file system of the scratch folder. */
  readonly destination: string;
}

export interface DownloadOptions {
  readonly files: readonly PinnedFile[];
  /** Value of the Authorization header; undici drops it when redirected to another origin. */
  readonly authorization?: string;
  /** Folder for unfinished files, whose owner removes it. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Told the bytes received so far, over all files; goes back when a file has to start again. */
  readonly onProgress: (bytes: number) => void;
  /** How long a server may stay silent. Milliseconds. */
  readonly stallMs?: number;
}

const parallel = 4;
const attempts = 3;
const connectMs = 5_000;
const defaultStallMs = 15_000;
/** A file has to come on by {@link leastBytes} in this many times the time for which a server may stay silent. */
const progressStalls = 4;
/** Some 500 bytes a second, with the default times: less is no network but somebody who holds the connection. */
const leastBytes = 30_000;

/** Whether the file is there with this size and SHA-256. */
export async function isWhole(path: string, size: number, sha256: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined || !found.isFile() || found.size !== size) return false;
  return (await sha256Of(path)) === sha256;
}

/** SHA-256 of a file, lower-case hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Downloads the files, a few at a time, through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. Faults
 * that may pass are tried again; the first that stays ends all.
 * @throws BrokerError `unavailable` with what to do; the signal's reason when aborted
 */
export async function download(options: DownloadOptions): Promise<void> {
  const agent = await proxyAgent(options.stallMs ?? defaultStallMs);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const waiting = [...options.files];
  let received = 0;
  const onBytes = (bytes: number) => options.onProgress((received += bytes));
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await downloadOne(file, options, agent, signal, onBytes);
    }
  };
  const workers = Array.from({ length: parallel }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  try {
    // All have to end before the scratch folder may go.
    await Promise.allSettled(workers);
    options.signal.throwIfAborted();
    failed.signal.throwIfAborted();
  } finally {
    await agent.destroy();
  }
}

async function proxyAgent(stallMs: number): Promise<Dispatcher> {
  // Slow to load, and most of the time everything is there.
  const { EnvHttpProxyAgent, Pool } = await import('undici');
  try {
    const timeouts = { headersTimeout: stallMs, bodyTimeout: stallMs };
    return new EnvHttpProxyAgent({
      connectTimeout: connectMs,
      ...timeouts,
      // The connection to the proxy itself, which else waits five minutes for the answer to CONNECT.
      clientFactory: (proxy, options) => new Pool(proxy, { ...options, ...timeouts }),
    });
  } catch (error) {
    // The variable's value may hold a password: not shown.
    throw new BrokerError('HTTP_PROXY or HTTPS_PROXY is not the address of a proxy.', 'unavailable', {
      hint: 'Example: HTTPS_PROXY=http://proxy.example.org:3128',
      cause: error,
    });
  }
}

/** What is wrong with one attempt. */
class Fault extends Error {
  constructor(
    message: string,
    /** How many attempts such a fault deserves. */
    readonly worthAttempts: number,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

async function downloadOne(
  file: PinnedFile,
  options: DownloadOptions,
  agent: Dispatcher,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const temporary = join(options.scratch, randomUUID());
    let received = 0;
    try {
      const pace = mustProgress(options.stallMs ?? defaultStallMs, () => received);
      try {
        await receive(
          file,
          temporary,
          options.authorization,
          agent,
          AbortSignal.any([signal, pace.signal]),
          (bytes) => {
            received += bytes;
            onBytes(bytes);
          },
        );
      } finally {
        pace.end();
      }
      await mkdir(dirname(file.destination), { recursive: true, mode: 0o700 });
      await rename(temporary, file.destination);
      return;
    } catch (error) {
      await rm(temporary, { force: true });
      signal.throwIfAborted();
      const fault = faultOf(error, file);
      if (fault === undefined) throw error;
      if (attempt >= fault.worthAttempts) {
        throw new BrokerError(
          `Cannot download ${file.url.pathname.split('/').pop()}: ${fault.message}.`,
          'unavailable',
          {
            where: file.url.href,
            hint: fault.hint,
            cause: fault,
          },
        );
      }
      onBytes(-received);
      await sleep(300 * 3 ** (attempt - 1), undefined, { signal });
    }
  }
}

/** Aborts with a Fault when less than {@link leastBytes} came in a while; a byte now and then is no silence. */
function mustProgress(stallMs: number, received: () => number): { readonly signal: AbortSignal; end(): void } {
  const tooSlow = new AbortController();
  const windowMs = progressStalls * stallMs;
  let before = 0;
  const timer = setInterval(() => {
    const now = received();
    if (now - before < leastBytes)
      tooSlow.abort(new Fault(`only ${now - before} bytes came in ${windowMs / 1000} s`, 2, networkHint));
    before = now;
  }, windowMs);
  return { signal: tooSlow.signal, end: () => clearInterval(timer) };
}

async function receive(
  file: PinnedFile,
  temporary: string,
  authorization: string | undefined,
  agent: Dispatcher,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { fetch } = await import('undici');
  const response = await fetch(file.url, {
    dispatcher: agent,
    signal,
    headers: {
      'accept-encoding': 'identity',
      'user-agent': 'mqbench',
      ...(authorization === undefined ? {} : { authorization }),
    },
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw statusFault(response.status);
  }
  const hash = createHash('sha256');
  let size = 0;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      // Also keeps a server that never stops from filling the disk.
      if (size > file.size) throw wrongContent(`is longer than the ${file.size} bytes that it should have`);
      hash.update(chunk);
      await handle.writeFile(chunk);
      onBytes(chunk.byteLength);
    }
  } finally {
    await handle.close();
  }
  if (size < file.size) {
    throw new Fault(`it was cut off after ${size} of ${file.size} bytes`, attempts, networkHint);
  }
  if (hash.digest('hex') !== file.sha256) throw wrongContent('has the wrong SHA-256');
}

const networkHint =
  'Check the network. Behind a proxy set HTTPS_PROXY, with a mirror of Maven Central set MQBENCH_MAVEN_URL. ' +
  'Without network use brokers that run already (MQBENCH_<TARGET>_URL).';

function wrongContent(what: string): Fault {
  return new Fault(
    `what was received ${what} and was thrown away`,
    1,
    'A proxy, sign-in page or mirror on the way answers with something else. Open the address in a browser, or ' +
      'name another mirror in MQBENCH_MAVEN_URL.',
  );
}

function statusFault(status: number): Fault {
  const answered = `the server answered with HTTP ${status}`;
  if (status === 401 || status === 403) {
    const hint =
      'Give user and password for the mirror, MQBENCH_MAVEN_URL=https://USER:PASSWORD@HOST/PATH, or name another.';
    return new Fault(answered, 1, hint);
  }
  if (status === 407) {
    return new Fault(answered, 1, 'Give user and password for the proxy: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT');
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return new Fault(answered, attempts, networkHint);
  return new Fault(
    answered,
    1,
    'The address has to be that of a Maven repository which holds Maven Central: check MQBENCH_MAVEN_URL and the ' +
      'mirrors in ~/.m2/settings.xml.',
  );
}

const noConnection = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const cutOff = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

/** Undefined for what is not the network's fault, e.g. a full disk. */
function faultOf(error: unknown, file: PinnedFile): Fault | undefined {
  const host = file.url.host;
  for (const cause of causesOf(error)) {
    if (cause instanceof Fault) return cause;
    // A DOMException's code is a number.
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      return new Fault('the name of the server or proxy cannot be looked up', 2, networkHint, error);
    }
    if (code !== undefined && noConnection.has(code)) {
      return new Fault(`no connection to ${host} or the proxy (${code})`, 2, networkHint, error);
    }
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return new Fault(`${host} stopped sending`, 2, networkHint, error);
    }
    if (code !== undefined && cutOff.has(code)) {
      return new Fault('the connection was cut off', attempts, networkHint, error);
    }
    if (/\b407\b/.test(cause.message)) return statusFault(407);
    if (code !== undefined && /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code)) {
      const hint = 'If a company proxy re-signs connections, set NODE_EXTRA_CA_CERTS to a file with its certificate.';
      return new Fault(`the certificate of ${host} is not accepted (${code})`, 1, hint, error);
    }
    if (code !== undefined && code.startsWith('UND_ERR')) {
      return new Fault(messageOf(cause), attempts, networkHint, error);
    }
  }
  // fetch() wraps whatever else went wrong on the wire, such as too many redirects, in a TypeError.
  return error instanceof TypeError ? new Fault(messageOf(error.cause ?? error), 1, networkHint, error) : undefined;
}

/** The error and what caused it, outermost first; of several connection attempts the first. */
function causesOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [error, ...causesOf(inner)];
}
