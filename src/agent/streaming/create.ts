/** Views on a client agent, with the way to whatever server it asks. */
import type { Runtime } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import type { Config } from '../config/config.ts';
import { errors } from '../errors.ts';
import type { ServerInfo } from '../gossip/member.ts';
import { dialServer } from '../rpc/dial.ts';
import { GrpcClient } from '../rpc/grpc-client.ts';
import type { ServerList } from '../rpc/server-list.ts';
import type { Logger } from '../telemetry/api.ts';
import { HealthViews } from './health-views.ts';

export interface CreateOptions {
  readonly config: Config;
  readonly servers: ServerList;
  readonly sockets: Sockets;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

export function createHealthViews({ config, servers, sockets, runtime, logger }: CreateOptions): HealthViews {
  let asked: ServerInfo | undefined;
  const grpc = new GrpcClient({
    clock: runtime.clock,
    async dial() {
      asked = servers.current();
      if (asked === undefined) throw errors.noServers();
      return dialServer({ sockets, clock: runtime.clock }, asked.address);
    },
    onFailed: () => {
      if (asked !== undefined) servers.failed(asked);
    },
  });
  return new HealthViews({
    grpc,
    datacenter: config.datacenter,
    runtime,
    waitLimits: config,
    logger: logger.named('client').named('streaming'),
  });
}
