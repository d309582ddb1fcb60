/**
 * What every endpoint lets whom do. Everything that can have a name is called `subject`: the node, a service, a key, an event ...
 * The outcomes stand in the order of the columns:
 *   `+` let through   `-` Permission denied   `!` ACL not found   `o` answered, with `subject` left out
 */

export interface Row {
  /** Behind a path that ends in a slash. `$session` and the like are ids of what is called `subject`. */
  readonly rest?: string;
  readonly query?: string;
  readonly body?: string;
  readonly outcomes: string;
  /** The agent is gone afterwards. */
  readonly ends?: true;
}

/**
 * none: no token. wrong: one that there is not. read, write: for everything. deny: everything but what is called `subject`.
 * exact, prefix: `subject`, or what begins with `sub`, and nothing else. identity: of the service and the node.
 */
export const columns = ['none', 'wrong', 'read', 'write', 'deny', 'exact', 'prefix', 'identity'] as const;

const named = ['agent', 'event', 'key', 'node', 'query', 'session'];
const rules = (kind: string, name: string, level: string): string =>
  [
    ...named.map((resource) => `${resource}${kind} "${name}" { policy = "${level}" }`),
    `service${kind} "${name}" { policy = "${level}" intentions = "${level}" }`,
  ].join('\n');
const single = (level: string): string =>
  ['acl', 'keyring', 'operator'].map((resource) => `${resource} = "${level}"`).join('\n');

export const policies: Readonly<Record<string, string>> = {
  read: `${rules('_prefix', '', 'read')}\n${single('read')}`,
  write: `${rules('_prefix', '', 'write')}\n${single('write')}`,
  deny: `${rules('_prefix', '', 'write')}\n${rules('', 'subject', 'deny')}\n${single('deny')}`,
  exact: rules('', 'subject', 'write'),
  prefix: rules('_prefix', 'sub', 'write'),
};

const unknown = 'e2b6c0de-0000-4000-8000-0000000000aa';

export const decisions: Readonly<Record<string, Row>> = {
  'GET /debug/pprof/': { outcomes: '--++----' },
  'GET /debug/pprof/cmdline': { outcomes: '--++----' },
  'GET /debug/pprof/heap': { query: 'seconds=0.01', outcomes: '--++----' },
  'GET /debug/pprof/profile': { query: 'seconds=0.01', outcomes: '--++----' },
  'PUT /v1/acl/auth-method': { body: '{"Name":"x","Type":"bogus"}', outcomes: '-!-+----' },
  'GET /v1/acl/auth-method/': { rest: 'subject', outcomes: '-!++----' },
  'PUT /v1/acl/auth-method/': { rest: 'subject', body: '{"Type":"bogus"}', outcomes: '-!-+----' },
  'DELETE /v1/acl/auth-method/': { rest: 'subject', outcomes: '-!-+----' },
  'GET /v1/acl/auth-methods': { outcomes: '-!++----' },
  'PUT /v1/acl/binding-rule': { body: '{"AuthMethod":"none"}', outcomes: '-!-+----' },
  'GET /v1/acl/binding-rule/': { rest: unknown, outcomes: '-!++----' },
  'PUT /v1/acl/binding-rule/': { rest: unknown, body: '{}', outcomes: '-!-+----' },
  'DELETE /v1/acl/binding-rule/': { rest: unknown, outcomes: '-!-+----' },
  'GET /v1/acl/binding-rules': { outcomes: '-!++----' },
  'PUT /v1/acl/bootstrap': { outcomes: '--------' },
  'PUT /v1/acl/clone/': { rest: '$legacy', outcomes: '-!-+----' },
  'PUT /v1/acl/create': { body: '{"Name":"x","Type":"bogus"}', outcomes: '-!-+----' },
  'PUT /v1/acl/destroy/': { rest: 'subject', outcomes: '-!-+----' },
  'GET /v1/acl/info/': { rest: '$legacy', outcomes: '++++++++' },
  'GET /v1/acl/list': { outcomes: '-!-+----' },
  'POST /v1/acl/login': { body: '{"AuthMethod":"none","BearerToken":"x"}', outcomes: '!!!!!!!!' },
  'POST /v1/acl/logout': { outcomes: '!!------' },
  'GET /v1/acl/policies': { outcomes: '-!++----' },
  'PUT /v1/acl/policy': { body: '{"Name":"not valid!"}', outcomes: '-!-+----' },
  'GET /v1/acl/policy/': { rest: '$policy', outcomes: '-!++----' },
  'PUT /v1/acl/policy/': { rest: '$policy', body: '{"Name":"subject"}', outcomes: '-!-+----' },
  'DELETE /v1/acl/policy/': { rest: unknown, outcomes: '-!-+----' },
  'GET /v1/acl/policy/name/': { rest: 'subject', outcomes: '-!++----' },
  'GET /v1/acl/replication': { outcomes: '++++++++' },
  'PUT /v1/acl/role': { body: '{"Name":"not valid!"}', outcomes: '-!-+----' },
  'GET /v1/acl/role/': { rest: '$role', outcomes: '-!++----' },
  'PUT /v1/acl/role/': { rest: '$role', body: '{"Name":"subject"}', outcomes: '-!-+----' },
  'DELETE /v1/acl/role/': { rest: unknown, outcomes: '-!-+----' },
  'GET /v1/acl/role/name/': { rest: 'subject', outcomes: '-!++----' },
  'GET /v1/acl/roles': { outcomes: '-!++----' },
  'POST /v1/acl/rules/translate': { body: 'key "subject" { policy = "read" }', outcomes: '-!++----' },
  'GET /v1/acl/rules/translate/': { rest: '$token', outcomes: '-!++----' },
  'PUT /v1/acl/token': { body: '{"Policies":[{"Name":"none"}]}', outcomes: '-!-+----' },
  'GET /v1/acl/token/': { rest: '$token', outcomes: '-!++----' },
  'PUT /v1/acl/token/': { rest: '$token', body: '{"Description":"subject"}', outcomes: '-!-+----' },
  'DELETE /v1/acl/token/': { rest: unknown, outcomes: '-!-+----' },
  'GET /v1/acl/token/self': { outcomes: '!!++++++' },
  'GET /v1/acl/tokens': { outcomes: '-!++----' },
  'PUT /v1/acl/update': { body: '{"ID":"x","Type":"bogus"}', outcomes: '-!-+----' },
  'PUT /v1/agent/check/deregister/': { rest: 'subject', outcomes: '-!-+-+++' },
  'PUT /v1/agent/check/fail/': { rest: 'subject', outcomes: '-!-+-+++' },
  'PUT /v1/agent/check/pass/': { rest: 'subject', outcomes: '-!-+-+++' },
  'PUT /v1/agent/check/register': {
    body: '{"Name":"own","ID":"own","ServiceID":"subject","TTL":"1h"}',
    outcomes: '-!-+-+++',
  },
  'PUT /v1/agent/check/update/': { rest: 'subject', body: '{"Status":"passing"}', outcomes: '-!-+-+++' },
  'PUT /v1/agent/check/warn/': { rest: 'subject', outcomes: '-!-+-+++' },
  'GET /v1/agent/checks': { outcomes: 'o!++o+++' },
  'POST /v1/agent/connect/authorize': {
    body: '{"Target":"subject","ClientCertURI":"spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web"}',
    outcomes: '-!-+-+++',
  },
  'GET /v1/agent/connect/ca/leaf/': { rest: 'subject', outcomes: '-!-+-+++' },
  'GET /v1/agent/connect/ca/roots': { outcomes: '++++++++' },
  'PUT /v1/agent/force-leave/': { rest: 'nobody', outcomes: '-!-+----' },
  'GET /v1/agent/health/service/id/': { rest: 'subject', outcomes: '-!++-+++' },
  'GET /v1/agent/health/service/name/': { rest: 'subject', outcomes: '-!++-+++' },
  'GET /v1/agent/host': { outcomes: '-!++----' },
  'PUT /v1/agent/join/': { rest: '127.0.0.1:1', outcomes: '-!-+-++-' },
  'PUT /v1/agent/leave': { outcomes: '-!-+-++-', ends: true },
  'PUT /v1/agent/maintenance': { query: 'enable=false', outcomes: '-!-+-+++' },
  'GET /v1/agent/members': { outcomes: 'o!++o+++' },
  'GET /v1/agent/metrics': { outcomes: '-!++-++-' },
  'GET /v1/agent/monitor': { outcomes: '-!++-++-' },
  'PUT /v1/agent/reload': { outcomes: '-!-+-++-' },
  'GET /v1/agent/self': { outcomes: '-!++-++-' },
  'GET /v1/agent/service/': { rest: 'subject', outcomes: '-!++-+++' },
  'PUT /v1/agent/service/deregister/': { rest: 'subject', outcomes: '-!-+-+++' },
  'PUT /v1/agent/service/maintenance/': { rest: 'subject', query: 'enable=false', outcomes: '-!-+-+++' },
  'PUT /v1/agent/service/register': { body: '{"Name":"subject","Port":2}', outcomes: '-!-+-+++' },
  'GET /v1/agent/services': { outcomes: 'o!++o+++' },
  'PUT /v1/agent/token/': { rest: 'replication', body: '{"Token":""}', outcomes: '-!-+-++-' },
  'GET /v1/catalog/connect/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/catalog/datacenters': { outcomes: '++++++++' },
  'PUT /v1/catalog/deregister': { body: '{"Node":"subject","ServiceID":"subject"}', outcomes: '-!-+-+++' },
  'GET /v1/catalog/gateway-services/': { rest: 'subject', outcomes: '-!++-+++' },
  'GET /v1/catalog/node-services/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/catalog/node/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/catalog/nodes': { outcomes: 'o!++o+++' },
  'PUT /v1/catalog/register': {
    body: '{"Node":"subject","ID":"$node","Address":"127.0.0.9","Service":{"Service":"subject"}}',
    outcomes: '-!-+-+++',
  },
  'GET /v1/catalog/service/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/catalog/services': { outcomes: 'o!++o+++' },
  'PUT /v1/config': { body: '{"Kind":"service-defaults","Name":"subject","Protocol":"http"}', outcomes: '-!-+-+++' },
  'GET /v1/config/': { rest: 'service-defaults/subject', outcomes: '-!++-+++' },
  'DELETE /v1/config/': { rest: 'service-defaults/subject', outcomes: '-!-+-+++' },
  'GET /v1/connect/ca/configuration': { outcomes: '-!-+----' },
  'PUT /v1/connect/ca/configuration': { body: '{"Provider":"bogus"}', outcomes: '-!-+----' },
  'GET /v1/connect/ca/roots': { outcomes: '++++++++' },
  'GET /v1/connect/intentions': { outcomes: 'o!++++++' },
  'POST /v1/connect/intentions': {
    body: '{"SourceName":"web","DestinationName":"subject","Action":"bogus"}',
    outcomes: '-!-+-++-',
  },
  'GET /v1/connect/intentions/': { rest: unknown, outcomes: '+!++++++' },
  'PUT /v1/connect/intentions/': {
    rest: unknown,
    body: '{"SourceName":"web","DestinationName":"subject","Action":"allow"}',
    outcomes: '-!-+-++-',
  },
  'DELETE /v1/connect/intentions/': { rest: unknown, outcomes: '-!-+----' },
  'GET /v1/connect/intentions/check': { query: 'source=web&destination=subject', outcomes: '-!++-+++' },
  'GET /v1/connect/intentions/exact': { query: 'source=web&destination=subject', outcomes: '-!++++++' },
  'PUT /v1/connect/intentions/exact': {
    query: 'source=web&destination=subject',
    body: '{"Action":"allow"}',
    outcomes: '-!-+-++-',
  },
  'DELETE /v1/connect/intentions/exact': { query: 'source=web&destination=subject', outcomes: '-!-+-++-' },
  'GET /v1/connect/intentions/match': { query: 'by=destination&name=subject', outcomes: '-!++-+++' },
  'GET /v1/coordinate/datacenters': { outcomes: '++++++++' },
  'GET /v1/coordinate/node/': { rest: 'subject', outcomes: '-!++-+++' },
  'GET /v1/coordinate/nodes': { outcomes: 'o!++o+++' },
  'PUT /v1/coordinate/update': {
    body: '{"Node":"subject","Coord":{"Vec":[0,0,0,0,0,0,0,0],"Error":1,"Adjustment":0,"Height":0.001}}',
    outcomes: '-!-+-+++',
  },
  'GET /v1/discovery-chain/': { rest: 'subject', outcomes: '-!++-+++' },
  'POST /v1/discovery-chain/': { rest: 'subject', body: '{}', outcomes: '-!++-+++' },
  'PUT /v1/event/fire/': { rest: 'subject', outcomes: '-!-+-++-' },
  'GET /v1/event/list': { outcomes: 'o!++o++o' },
  'GET /v1/health/checks/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/health/connect/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/health/ingress/': { rest: 'subject', outcomes: '+!++++++' },
  'GET /v1/health/node/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/health/service/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/health/state/': { rest: 'any', outcomes: 'o!++o+++' },
  'POST /v1/internal/acl/authorize': { body: '[{"Resource":"operator","Access":"read"}]', outcomes: '+!++++++' },
  'POST /v1/internal/acl/explain': { body: '[{"Resource":"operator","Access":"read"}]', outcomes: '+!++++++' },
  'GET /v1/internal/federation-state/': { rest: 'dc1', outcomes: '-!++----' },
  'GET /v1/internal/federation-states': { outcomes: '-!++----' },
  'GET /v1/internal/federation-states/mesh-gateways': { outcomes: '+!++++++' },
  'GET /v1/internal/ui/gateway-intentions/': { rest: 'subject', outcomes: '-!++-+++' },
  'GET /v1/internal/ui/gateway-services-nodes/': { rest: 'subject', outcomes: '-!++-+++' },
  'GET /v1/internal/ui/metrics-proxy/': { rest: 'subject', outcomes: '-!++---+' },
  'GET /v1/internal/ui/node/': { rest: 'subject', outcomes: 'o!++o+++' },
  'GET /v1/internal/ui/nodes': { outcomes: 'o!++o+++' },
  'GET /v1/internal/ui/service-topology/': { rest: 'subject', query: 'kind=', outcomes: '-!++-+++' },
  'GET /v1/internal/ui/services': { outcomes: 'o!++o+++' },
  'GET /v1/kv/': { rest: 'subject', outcomes: '-!++-++-' },
  'PUT /v1/kv/': { rest: 'subject', body: 'subject', outcomes: '-!-+-++-' },
  'DELETE /v1/kv/': { rest: 'subject', outcomes: '-!-+-++-' },
  'GET /v1/operator/autopilot/configuration': { outcomes: '-!++----' },
  'PUT /v1/operator/autopilot/configuration': { body: '{"CleanupDeadServers":true}', outcomes: '-!-+----' },
  'GET /v1/operator/autopilot/health': { outcomes: '-!++----' },
  'GET /v1/operator/autopilot/state': { outcomes: '-!++----' },
  'GET /v1/operator/keyring': { outcomes: '-!++----' },
  'POST /v1/operator/keyring': { body: '{"Key":"bogus"}', outcomes: '-!-+----' },
  'PUT /v1/operator/keyring': { body: '{"Key":"bogus"}', outcomes: '-!-+----' },
  'DELETE /v1/operator/keyring': { body: '{"Key":"bogus"}', outcomes: '-!-+----' },
  'GET /v1/operator/raft/configuration': { outcomes: '-!++----' },
  'DELETE /v1/operator/raft/peer': { query: 'id=nobody', outcomes: '-!-+----' },
  'POST /v1/operator/raft/transfer-leader': { query: 'id=nobody', outcomes: '-!-+----' },
  'GET /v1/query': { outcomes: 'o!++o++o' },
  'POST /v1/query': { body: '{"Name":"subject","Service":{"Service":"subject"}}', outcomes: '-!-+-++-' },
  'GET /v1/query/': { rest: '$query', outcomes: '-!++-++-' },
  'PUT /v1/query/': {
    rest: '$query',
    body: '{"Name":"subject","Service":{"Service":"subject"}}',
    outcomes: '-!-+-++-',
  },
  'DELETE /v1/query/': { rest: '$query', outcomes: '-!-+-++-' },
  'PUT /v1/session/create': { body: '{"Node":"subject"}', outcomes: '-!-+-++-' },
  'PUT /v1/session/destroy/': { rest: '$session', outcomes: '-!-+-++-' },
  'GET /v1/session/info/': { rest: '$session', outcomes: 'o!++o++o' },
  'GET /v1/session/list': { outcomes: 'o!++o++o' },
  'GET /v1/session/node/': { rest: 'subject', outcomes: 'o!++o++o' },
  'PUT /v1/session/renew/': { rest: '$session', outcomes: '-!-+-++-' },
  'GET /v1/snapshot': { outcomes: '-!-+----' },
  'PUT /v1/snapshot': { body: 'no archive', outcomes: '-!-+----' },
  'GET /v1/status/leader': { outcomes: '++++++++' },
  'GET /v1/status/peers': { outcomes: '++++++++' },
  'PUT /v1/txn': { body: '[{"KV":{"Verb":"set","Key":"subject","Value":"eA=="}}]', outcomes: '-!-+-++-' },
};
