/** All targets by name, loaded when they are asked for. */
import type { Target } from './target.ts';

export const targets = {
  hcl: async () => (await import('./targets/hcl.ts')).hclTarget(),
  config: async () => (await import('./targets/config.ts')).configTarget(),
  query: async () => (await import('./targets/query.ts')).queryTarget(),
  body: async () => (await import('./targets/body.ts')).bodyTarget(),
  api: async () => (await import('./targets/api.ts')).apiTarget(),
  path: async () => (await import('./targets/path.ts')).pathTarget(),
  fsm: async () => (await import('./targets/fsm.ts')).fsmTarget(),
  msgpack: async () => (await import('./targets/msgpack.ts')).msgpackTarget(),
  gossip: async () => (await import('./targets/gossip.ts')).gossipTarget(),
  dns: async () => (await import('./targets/dns.ts')).dnsTarget(),
  registration: async () => (await import('./targets/registration.ts')).registrationTarget(),
  gojson: async () => (await import('./targets/go-json.ts')).goJsonTarget(),
} as const satisfies Record<string, () => Promise<Target>>;

export type TargetName = keyof typeof targets;
export const targetNames = Object.keys(targets) as TargetName[];
