/** The proxy in a process of its own, so that what it waits for waits for nothing else. */
import { TcpProxy } from '../../dist/proxy/tcp-proxy.js';

export interface ProxyAsk {
  readonly host: string;
  readonly port: number;
}

/** Sets the delay each way, in milliseconds; answered with the mean that was held since the one before. */
export interface DelayAsk {
  readonly delayMs: number;
}

export interface ProxyAnswer {
  readonly port: number;
  /** Mean time that data was really held, in milliseconds; NaN when there was none. */
  readonly heldMs: number;
}

let proxy: TcpProxy | undefined;
let heldNs = 0;
let pieces = 0;

async function answer(ask: ProxyAsk | DelayAsk): Promise<ProxyAnswer> {
  if ('port' in ask) {
    proxy = await TcpProxy.listen({
      ...ask,
      onForwarded: (ns) => {
        heldNs += ns;
        pieces++;
      },
    });
  } else proxy?.delay(ask.delayMs);
  const heldMs = heldNs / pieces / 1e6;
  heldNs = pieces = 0;
  return { port: proxy?.port ?? 0, heldMs };
}

process.on('message', (ask: ProxyAsk | DelayAsk) => void answer(ask).then((value) => process.send?.(value)));
process.on('disconnect', () => process.exit(0));
