/**
 * The wire between the machines of a lab, as a process of its own: takes IP packets from every machine's tunnel and hands them on, or
 * late, or not at all. Told what to do by messages of its parent.
 */
import dgram from 'node:dgram';

/** What happens to packets from one machine to another. */
export interface LinkState {
  readonly cut: boolean;
  /** Chance that a packet is lost. */
  readonly loss: number;
  readonly delayMs: number;
}

export interface HubStart {
  readonly kind: 'start';
  /** By machine: where its tunnel ends here, and there. */
  readonly tunnels: readonly { readonly here: string; readonly there: string }[];
  readonly port: number;
  /** Machines have the addresses `prefix.1`, `prefix.2`, ... */
  readonly prefix: string;
}

export interface HubLinks {
  readonly kind: 'links';
  /** `from>to` (numbers from 1) for links that are not in order. */
  readonly links: Readonly<Record<string, LinkState>>;
}

let links = new Map<string, LinkState>();
const destinationAt = 16;

function start({ tunnels, port, prefix }: HubStart): void {
  const bytes = prefix.split('.').map(Number);
  const sockets = tunnels.map(() =>
    dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 }),
  );
  for (const [i, socket] of sockets.entries()) {
    socket.bind(port, tunnels[i]!.here);
    socket.on('message', (packet) => {
      if (packet.length < 20 || packet[0]! >> 4 !== 4) return;
      if (!bytes.every((byte, at) => packet[destinationAt + at] === byte)) return;
      const to = packet[destinationAt + 3]! - 1;
      const out = sockets[to];
      const tunnel = tunnels[to];
      if (out === undefined || tunnel === undefined) return;
      const link = links.get(`${i + 1}>${to + 1}`);
      if (link?.cut === true || (link !== undefined && Math.random() < link.loss)) return;
      const pass = (): void => out.send(packet, port, tunnel.there, () => {});
      if (link !== undefined && link.delayMs > 0) setTimeout(pass, link.delayMs);
      else pass();
    });
    // A machine that is being set up or taken down is no reason to stop.
    socket.on('error', () => {});
  }
}

process.on('message', (message: HubStart | HubLinks) => {
  if (message.kind === 'start') start(message);
  else links = new Map(Object.entries(message.links));
  process.send?.('done');
});
process.on('disconnect', () => process.exit(0));
