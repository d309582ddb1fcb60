/** Passing when a connection can be made. */
import { connect } from 'node:net';
import { networkErrorText } from '../../lib/network-error.ts';
import type { Attempt, Result } from './runner.ts';

/** `host:port`, an IPv6 address in brackets. Null when it is not of that form. */
export function splitTarget(target: string): { readonly host: string; readonly port: number } | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(target) ?? [];
  if (port === undefined || Number(port) > 65_535) return null;
  return { host: bracketed ?? (plain || 'localhost'), port: Number(port) };
}

export function probeTcp(target: string, { signal, timedOut }: Attempt): Promise<Result> {
  const at = splitTarget(target);
  if (at === null) {
    const why = /:[^:\]]*$/.test(target) ? 'invalid port' : 'missing port in address';
    return Promise.resolve({ status: 'critical', output: `dial tcp: address ${target}: ${why}` });
  }
  return new Promise((resolve) => {
    const socket = connect(at);
    const end = (status: Result['status'], output: string): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve({ status, output });
    };
    const abort = (): void =>
      end('critical', `dial tcp ${target}: ${timedOut() ? 'i/o timeout' : 'operation was canceled'}`);
    // It stays: a socket may still fail while it is being destroyed.
    socket.on('error', (error) => end('critical', networkErrorText(error, target)));
    socket.once('connect', () => end('passing', `TCP connect ${target}: Success`));
    signal.addEventListener('abort', abort, { once: true });
  });
}
