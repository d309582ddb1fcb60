/** The agent that answers: who it is, whom it knows, what it logs and measures. */
import { escapePath } from '../lib/go-url.ts';
import { type ConsulHttp, parseJson, type QueryOptions, type WriteOptions } from './http.ts';
import type { AgentMember, AgentMetrics, AgentSelf } from './types.ts';

export const memberStatuses = ['none', 'alive', 'leaving', 'left', 'failed'] as const;
export type MemberStatus = (typeof memberStatuses)[number];

/** The word for `AgentMember.Status`. */
export const memberStatus = (member: AgentMember): MemberStatus => memberStatuses[member.Status] ?? 'none';

export interface MonitorOptions {
  /** trace, debug, info, warn or err. Default INFO. */
  readonly logLevel?: string | undefined;
  readonly logJson?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AgentApi {
  self(options?: QueryOptions): Promise<AgentSelf>;
  members(options?: QueryOptions & { wan?: boolean; segment?: string }): Promise<AgentMember[]>;
  metrics(options?: QueryOptions): Promise<AgentMetrics>;
  reload(options?: WriteOptions): Promise<void>;
  leave(options?: WriteOptions): Promise<void>;
  forceLeave(node: string, options?: WriteOptions & { prune?: boolean }): Promise<void>;
  join(address: string, options?: WriteOptions & { wan?: boolean }): Promise<void>;
  /** Resolves when the stream stands; the pieces hold whole and partial lines. Ends when the agent stops. */
  monitor(options?: MonitorOptions): Promise<AsyncIterable<Uint8Array>>;
}

export function agentApi(http: ConsulHttp): AgentApi {
  const read = async <T>(what: string, options?: QueryOptions, query = {}): Promise<T> =>
    (await http.get<T>(`/v1/agent/${what}`, options, query)).value;
  // Some of these answer with words, not JSON.
  const act = async (what: string, options?: WriteOptions, query = {}): Promise<void> => {
    await http.ask({ method: 'PUT', path: `/v1/agent/${what}`, options, query });
  };
  return {
    self: (options) => read('self', options),
    async members({ wan, segment, ...options } = {}) {
      const query = { ...(wan && { wan: '1' }), ...(segment !== undefined && { segment }) };
      // A client agent is in no WAN pool: it has none to list.
      return (await read<AgentMember[] | null>('members', options, query)) ?? [];
    },
    async metrics(options) {
      const { body } = await http.ask({ method: 'GET', path: '/v1/agent/metrics', options });
      const { Gauges, Points, Counters, Samples, ...rest } = parseJson(body) as AgentMetrics;
      return { ...rest, Gauges: Gauges ?? [], Points: Points ?? [], Counters: Counters ?? [], Samples: Samples ?? [] };
    },
    reload: (options) => act('reload', options),
    leave: (options) => act('leave', options),
    forceLeave: (node, { prune, ...options } = {}) =>
      act(`force-leave/${escapePath(node)}`, options, prune ? { prune: '1' } : {}),
    join: (address, { wan, ...options } = {}) => act(`join/${escapePath(address)}`, options, wan ? { wan: '1' } : {}),
    async monitor({ logLevel = 'INFO', logJson, signal } = {}) {
      const answer = await http.stream({
        method: 'GET',
        path: '/v1/agent/monitor',
        query: { loglevel: logLevel, ...(logJson && { logjson: 'true' }) },
        options: { signal },
      });
      return answer.body;
    },
  };
}
