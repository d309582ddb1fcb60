/** One-shot requests to the agents of a cluster on this machine. */
import { type ConsulHttp, consulHttp } from '../../client/http.ts';
import { resolveSettings } from '../../client/settings.ts';
import { nodeTransport } from '../../client/transport-node.ts';
import type { PlannedAgent } from './plan.ts';

export async function ask<T>(
  { httpPort, token }: PlannedAgent,
  question: (http: ConsulHttp) => Promise<T>,
): Promise<T> {
  const settings = resolveSettings({ address: `127.0.0.1:${httpPort}`, ...(token !== null && { token }) });
  const http = consulHttp(settings, nodeTransport(settings));
  try {
    return await question(http);
  } finally {
    http.close();
  }
}
