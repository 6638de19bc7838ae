/** Reads the body of an incoming frame. */
import type { IncomingFrame } from './wire.js';

/**
 * Calls `onBody` once with the whole body, at once where it is already here, and lets the frame run to its end:
 * stompit reads the next frame only then. Most bodies come in one piece, which is passed on as it is.
 */
export function readBody(frame: IncomingFrame, onBody: (body: Buffer) => void): void {
  const first = frame.read();
  if (first !== null && first.length === frame.headers['content-length']) {
    frame.resume();
    onBody(first);
    return;
  }
  const pieces = first === null ? [] : [first];
  frame.on('data', (piece: Buffer) => pieces.push(piece));
  frame.once('end', () => {
    const [only] = pieces;
    onBody(pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces));
  });
}
