/** TCP peers that are not brokers, for the tests of what an adapter does when the other side misbehaves. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Peer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free loopback port and hands every connection to `onConnection`. */
async function listen(onConnection: (socket: Socket) => void): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A port on which nothing listens. */
export async function absentPort(): Promise<number> {
  const peer = await listen(() => undefined);
  await peer.close();
  return peer.port;
}

/** Accepts, reads and never says a word. */
export function silentPeer(): Promise<Peer> {
  return listen((socket) => socket.resume());
}

/** Accepts and answers something that is no broker's protocol. */
export function garbagePeer(): Promise<Peer> {
  return listen((socket) => {
    socket.resume();
    socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwhat?');
  });
}
