/** Every way in which connecting ends badly, and what is said then. */
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../src/brokers/adapter.js';
import { BrokerError } from '../../../src/errors.js';
import { connected, connectTo, stompPeer, type PeerSocket, type RawFrame, type StompPeer } from './peer.js';

const password = 'correct-horse-battery';
const peers: StompPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

async function failure(endpoint: Endpoint, timeoutMs?: number): Promise<BrokerError> {
  const error = await connectTo({ ...endpoint, username: 'mqbench', password }, timeoutMs).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BrokerError);
  expect(inspect(error, { depth: 10 })).not.toContain(password);
  return error as BrokerError;
}

async function against(answer: (frame: RawFrame, socket: PeerSocket) => void, timeoutMs?: number) {
  const peer = await stompPeer(answer);
  peers.push(peer);
  return failure(peer.endpoint, timeoutMs);
}

describe('connecting', () => {
  it('sends user and password, and asks for STOMP 1.2 without heart-beats', async () => {
    const peer = await stompPeer((_frame, socket) => socket.write(connected));
    peers.push(peer);
    const { connection } = await connectTo({ ...peer.endpoint, username: 'mqbench', password });
    expect(await connection.serverInfo()).toEqual({ product: 'Apache ActiveMQ Classic', version: '6.3.1', nodes: 1 });
    connection.destroy();
    expect(peer.frames[0]?.headers).toMatchObject({
      'accept-version': '1.2',
      'heart-beat': '0,0',
      login: 'mqbench',
      passcode: password,
    });
  });

  it('says what the broker said when it refuses', async () => {
    const error = await against((_frame, socket) => {
      socket.write('ERROR\nmessage:User name [mqbench] or password is invalid.\ncontent-type:text/plain\n\n^');
    });
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('password is invalid');
  });

  it.each([
    ['and hangs up', (socket: PeerSocket) => socket.end()],
    ['and stays', () => undefined],
  ])('says what RabbitMQ said when it refuses %s', async (_name, then) => {
    const error = await against((_frame, socket) => {
      const body = "Access refused for user 'mqbench'\n";
      socket.write(
        `ERROR\nmessage:Bad CONNECT\ncontent-type:text/plain\nversion:1.0\ncontent-length:${body.length}\n\n${body}^`,
      );
      then(socket);
    }, 10_000);
    expect(error.kind).toBe('refused');
    expect(error.message).toContain("Bad CONNECT: Access refused for user 'mqbench'.");
  });

  it('does not wait for the rest of a refusal', async () => {
    const error = await against((_frame, socket) => {
      socket.write('ERROR\nmessage:Bad CONNECT\ncontent-type:text/plain\ncontent-length:20\n\nAccess');
    }, 10_000);
    expect(error).toMatchObject({ kind: 'refused', message: expect.stringContaining('Bad CONNECT') as string });
  });

  it.each([
    ['an HTTP server', (socket: PeerSocket) => socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['noise', (socket: PeerSocket) => socket.write(Buffer.alloc(5_000, 'x'))],
    ['who hangs up', (socket: PeerSocket) => socket.end()],
    ['a frame cut short', (socket: PeerSocket) => (socket.write('CONNECTED\nversion:1.2\n'), socket.end())],
  ])('knows %s for no broker', async (_name, answer) => {
    expect((await against((_frame, socket) => answer(socket))).kind).toBe('protocol');
  });

  it('gives up in time on a peer that stays silent', async () => {
    expect((await against(() => undefined, 300)).kind).toBe('timeout');
  });

  it('refuses a server it was not made for', async () => {
    const error = await against((_frame, socket) => socket.write('CONNECTED\nversion:1.2\nserver:Other/1.0\n\n^'));
    expect(error.message).toContain('Other/1.0');
  });

  it('says that nothing listens', async () => {
    const peer = await stompPeer(() => undefined);
    await peer.close();
    expect((await failure(peer.endpoint)).kind).toBe('absent');
  });

  it.each([
    'stomp+ssl://broker',
    'tcp://broker:61613',
    'broker:61613',
    'stomp://',
    'stomp://u:secret@[broken',
    'stomp://b/%zz',
  ])('explains the address %s without repeating it', async (url) => {
    const error = await failure({ url });
    expect(error.message).not.toContain('secret');
    expect(error.details.hint).toContain('stomp://');
  });

  it('does not send a password that would become headers', async () => {
    const peer = await stompPeer((_frame, socket) => socket.write(connected));
    peers.push(peer);
    await expect(connectTo({ ...peer.endpoint, username: 'a', password: 'b\nhost:c' })).rejects.toThrow('line break');
    expect(peer.frames).toEqual([]);
  });

  it('tells of an error that comes right behind CONNECTED', async () => {
    const peer = await stompPeer((_frame, socket) =>
      socket.write(`${connected.slice(0, -1)}\0ERROR\nmessage:late\n\n^`),
    );
    peers.push(peer);
    const { lost } = await connectTo(peer.endpoint);
    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 20_000 });
    expect(lost[0]?.message).toContain('late');
  });

  it('tells of an error with a body, and leaves out a stack trace', async () => {
    const say = async (body: string): Promise<string> => {
      const peer = await stompPeer((_frame, socket) =>
        socket.write(
          `${connected.slice(0, -1)}\0ERROR\nmessage:Server cancelled subscription\ncontent-type:text/plain\ncontent-length:${body.length}\n\n${body}^`,
        ),
      );
      peers.push(peer);
      const { lost } = await connectTo(peer.endpoint);
      await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 20_000 });
      return lost[0]?.message ?? '';
    };
    expect(await say('No more messages.\n')).toContain('Server cancelled subscription: No more messages.');
    expect(await say(`java.lang.Exception${'\n\tat a line'.repeat(50)}`)).toMatch(/Server cancelled subscription\.$/);
  });

  it('tells once that the connection is lost, and closes after it at once', async () => {
    let server: PeerSocket | undefined;
    const peer = await stompPeer((_frame, socket) => {
      server = socket;
      socket.write(connected);
    });
    peers.push(peer);
    const { connection, lost } = await connectTo(peer.endpoint);
    server?.end();
    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 20_000 });
    await connection.close();
    connection.destroy();
    expect(lost).toEqual([expect.objectContaining({ kind: 'lost' })]);
  });
});
