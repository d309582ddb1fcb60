/** `agent/join` on an agent that has no gossip: joining oneself does nothing, nobody else can be joined. */
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { RpcError } from '../errors.ts';

export interface Pool {
  /** Where this agent itself would be joined. */
  readonly address: string;
  readonly port: number;
}

const dialTimeoutMs = 10_000;

/** Rejects with Consul's text when there is nobody at the address. */
export async function join(target: string, own: Pool): Promise<void> {
  const { host, port } = parse(target, own.port);
  if (port === own.port && (host === own.address || host === 'localhost')) return;
  const socket = connect({ host, port, timeout: dialTimeoutMs });
  try {
    socket.once('timeout', () => socket.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })));
    await once(socket, 'connect');
  } catch (error) {
    throw new RpcError(`1 error occurred:\n\t* Failed to join ${host}: ${reason(error, host, port)}\n\n`, 500, {
      cause: error,
    });
  } finally {
    socket.destroy();
  }
  throw new RpcError(`Failed to join ${host}: joining other agents is not supported yet`);
}

function parse(target: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(target) ?? [];
  if (isIP(target) === 6) return { host: target, port: defaultPort };
  return { host: bracketed ?? plain ?? target, port: port === undefined ? defaultPort : Number(port) };
}

function reason(error: unknown, host: string, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `lookup ${host}: no such host`;
  const why = code === 'ECONNREFUSED' ? 'connect: connection refused' : code === 'ETIMEDOUT' ? 'i/o timeout' : message;
  return `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}: ${why}`;
}
