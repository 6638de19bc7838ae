import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { BrokerError } from '../../../src/errors.js';
import { download, isWhole, type DownloadOptions } from '../../../src/servers/local/store/download.js';
import { filesBelow, httpServer, recordingContext, rejection, temporaryFolder } from './helpers.js';

const body = randomBytes(200_000);
const sha256 = createHash('sha256').update(body).digest('hex');

async function setUp(listener: RequestListener, more: Partial<DownloadOptions> = {}) {
  // A proxy that the machine has configured is not for the server in this process.
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  vi.stubEnv('no_proxy', '127.0.0.1');
  const { url } = await httpServer(listener);
  const folder = await temporaryFolder();
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const destination = join(folder, 'cache', 'org', 'a.jar');
  const progress: number[] = [];
  const options: DownloadOptions = {
    files: [{ url: new URL(`${url}/org/a.jar`), size: body.length, sha256, destination }],
    scratch,
    signal: recordingContext().signal,
    onProgress: (bytes) => progress.push(bytes),
    ...more,
  };
  return { url, scratch, destination, progress, options };
}

/** The error is one to read and act on, and nothing is left of the file. */
async function expectRefused(setup: Awaited<ReturnType<typeof setUp>>, message: RegExp, hint: RegExp): Promise<void> {
  const error = await rejection(download(setup.options));
  expect(error).toBeInstanceOf(BrokerError);
  const refused = error as BrokerError;
  expect(refused.kind).toBe('unavailable');
  expect(refused.message).toMatch(message);
  expect(refused.details.hint).toMatch(hint);
  expect(await filesBelow(setup.scratch)).toEqual([]);
  await expect(stat(setup.destination)).rejects.toThrow('ENOENT');
}

describe('download', () => {
  test('brings a file into place, whole, and tells its bytes', async () => {
    const setup = await setUp((_request, response) => response.end(body));
    await download(setup.options);
    expect((await readFile(setup.destination)).equals(body)).toBe(true);
    expect(setup.progress.at(-1)).toBe(body.length);
    expect(await filesBelow(setup.scratch)).toEqual([]);
  });

  test('follows a redirect, without handing the password to the other host', async () => {
    const seen: (string | undefined)[] = [];
    const other = await httpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(body);
    });
    const setup = await setUp(
      (request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(302, { location: `${other.url}/elsewhere` }).end();
      },
      { authorization: 'Basic c2VjcmV0' },
    );
    await download(setup.options);
    expect(seen).toEqual(['Basic c2VjcmV0', undefined]);
    expect((await readFile(setup.destination)).equals(body)).toBe(true);
  });

  test('goes through the proxy that HTTP_PROXY names', async () => {
    const setup = await setUp((_request, response) => response.end(body));
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    const tunnels: (string | undefined)[] = [];
    const proxy = await httpServer((_request, response) => response.writeHead(500).end());
    proxy.server.on('connect', (request, client) => {
      tunnels.push(request.url);
      const upstream = connect(Number(new URL(setup.url).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    });
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('http_proxy', proxy.url);
    await download(setup.options);
    expect(tunnels).toEqual([new URL(setup.url).host]);
    expect((await readFile(setup.destination)).equals(body)).toBe(true);
  });

  test('tries again after a fault that passes, and counts no byte twice', async () => {
    let requests = 0;
    const setup = await setUp((_request, response) => {
      requests++;
      if (requests === 1) {
        response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 70_000));
        setTimeout(() => response.destroy(), 50);
      } else if (requests === 2) response.writeHead(503).end();
      else response.end(body);
    });
    await download(setup.options);
    expect(requests).toBe(3);
    expect((await readFile(setup.destination)).equals(body)).toBe(true);
    expect(Math.max(...setup.progress)).toBe(body.length);
  });

  test('gives up on a connection that is always cut off', async () => {
    let requests = 0;
    const setup = await setUp((_request, response) => {
      requests++;
      response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 1000));
      setTimeout(() => response.destroy(), 20);
    });
    await expectRefused(setup, /a\.jar: .*cut off/, /network/);
    expect(requests).toBe(3);
  });

  test('refuses a body that ends early without a fault on the wire', async () => {
    const setup = await setUp((_request, response) => response.end(body.subarray(0, 1000)));
    await expectRefused(setup, /cut off after 1000 of 200000 bytes/, /network/);
  });

  test('refuses other content of the right length, at once', async () => {
    let requests = 0;
    const setup = await setUp((_request, response) => {
      requests++;
      response.end(Buffer.alloc(body.length));
    });
    await expectRefused(setup, /wrong SHA-256/, /proxy|mirror/);
    expect(requests).toBe(1);
  });

  test('stops at a body that is longer than it should be', async () => {
    const setup = await setUp((_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(body));
      };
      response.on('drain', pour);
      pour();
    });
    await expectRefused(setup, /longer than the 200000 bytes/, /mirror/);
  });

  test.each([
    [404, /HTTP 404/, /MQBENCH_MAVEN_URL/, 1],
    [401, /HTTP 401/, /USER:PASSWORD/, 1],
    [500, /HTTP 500/, /network/, 3],
  ])('says what HTTP %i means', async (status, message, hint, requestsExpected) => {
    let requests = 0;
    const setup = await setUp((_request, response) => {
      requests++;
      response.writeHead(status).end('no');
    });
    await expectRefused(setup, message, hint);
    expect(requests).toBe(requestsExpected);
  });

  test('does not wait for a server that says nothing, or stops in the middle', async () => {
    const silent = await setUp(() => undefined, { stallMs: 500 });
    await expectRefused(silent, /stopped sending/, /network/);
    const half = await setUp((_request, response) => response.write(body.subarray(0, 10)), { stallMs: 500 });
    await expectRefused(half, /stopped sending/, /network/);
  });

  test('does not wait for a server that sends a byte now and then', async () => {
    const drip = await setUp(
      (_request, response) => {
        const timer = setInterval(() => response.write('x'), 100);
        response.on('close', () => clearInterval(timer));
      },
      { stallMs: 400 },
    );
    await expectRefused(drip, /only \d+ bytes came in 1\.6 s/, /network/);
  });

  test('does not wait for a proxy that accepts and says nothing', async () => {
    const setup = await setUp((_request, response) => response.end(body), { stallMs: 500 });
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    const proxy = await httpServer(() => undefined);
    proxy.server.on('connect', (_request, client) => client.resume().on('end', () => client.destroy()));
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('http_proxy', proxy.url);
    await expectRefused(setup, /stopped sending/, /proxy/);
  });

  test('says when nothing listens', async () => {
    const setup = await setUp(() => undefined);
    const [file] = setup.options.files;
    const gone = await httpServer(() => undefined);
    await new Promise((resolve) => gone.server.close(resolve));
    const files = [{ ...file!, url: new URL(`${gone.url}/a.jar`) }];
    await expectRefused({ ...setup, options: { ...setup.options, files } }, /no connection to 127\.0\.0\.1:/, /proxy/i);
  });

  test('names a wrong proxy setting without showing it', async () => {
    const setup = await setUp(() => undefined);
    vi.stubEnv('HTTP_PROXY', 'user:hunter2');
    vi.stubEnv('http_proxy', 'user:hunter2');
    const error = (await rejection(download(setup.options))) as BrokerError;
    expect(error).toBeInstanceOf(BrokerError);
    expect(JSON.stringify([error.message, error.details.hint, error.details.where])).not.toContain('hunter2');
  });

  test('stops everything when aborted', async () => {
    const reached = deferred();
    const context = recordingContext();
    const setup = await setUp(
      (_request, response) => {
        response.write(body.subarray(0, 10));
        reached.resolve();
      },
      { signal: context.signal },
    );
    const ended = rejection(download(setup.options));
    await reached.promise;
    context.abort();
    expect(await ended).toBe(context.signal.reason);
    expect(await filesBelow(setup.scratch)).toEqual([]);
  });

  test('one failure ends the other downloads', async () => {
    let open = 0;
    const setup = await setUp((request, response) => {
      if (request.url === '/bad') return void setTimeout(() => response.writeHead(404).end(), 100);
      open++;
      response.on('close', () => open--);
      response.write(body.subarray(0, 10));
    });
    const [file] = setup.options.files;
    const bad = { ...file!, url: new URL(`${setup.url}/bad`), destination: join(setup.scratch, 'bad.jar') };
    await expectRefused({ ...setup, options: { ...setup.options, files: [file!, bad] } }, /HTTP 404/, /MAVEN/);
    await vi.waitFor(() => expect(open).toBe(0));
  });
});

test('isWhole believes the content, not the name', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'a');
  expect(await isWhole(path, body.length, sha256)).toBe(false);
  await writeFile(path, body.subarray(1));
  expect(await isWhole(path, body.length, sha256)).toBe(false);
  await writeFile(path, Buffer.alloc(body.length));
  expect(await isWhole(path, body.length, sha256)).toBe(false);
  await writeFile(path, body);
  expect(await isWhole(path, body.length, sha256)).toBe(true);
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
