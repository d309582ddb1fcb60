/** Good inputs to start from, and the words their grammars are made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const hclCorpus = [
  '',
  'a = 1\nb = "two"\nc = true\n',
  'server = true\nports { http = 8500 dns = -1 }\nretry_join = ["10.0.0.1", "10.0.0.2",]\n',
  'service "web" {\n  port = 80\n  check { http = "http://localhost/" interval = "10s" }\n}\nservice "db" {}\n',
  'key "foo/" { policy = "write" }\nkey_prefix "" { policy = "read" }\noperator = "read"\n',
  'text = <<EOT\nline one\n  line two\nEOT\nindented = <<-END\n    a\n      b\n    END\n',
  '# comment\n// comment\n/* block\ncomment */ a = 0x1F b = 1.5e3 c = -07\n',
  `s = "esc \\n \\t \\" \\\\ \\u00e9 \\U0001F600 \${interp("nested")} end"\n`,
  'a "b" "c" "d" { e = [[1, 2], [{ f = "g" }]] }\n',
  '"quoted key" = 1\ndotted.key = 2\nobject = { x = 1, y = 2 }\n',
  '{"a": {"b": [1, 2, {"c": null}]}, "d": "e"}',
];

export const hclWords = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '=',
    ':',
    ',',
    '.',
    '"',
    '\\',
    '\n',
    '\r\n',
    '\t',
    '#',
    '//',
    '/*',
    '*/',
    '<<EOT\n',
    '<<-E\n',
    'EOT\n',
  ],
  ...[
    '${',
    '}"',
    '\\u',
    '\\x',
    '\\777',
    'true',
    'false',
    'null',
    '0x',
    '1e',
    '-',
    '\ufeff',
    '\u0000',
    '\u2028',
    'a',
    'a = ',
    'a "b" {',
  ],
];

export const jsonCorpus = [
  '{}',
  '[]',
  'null',
  '"text"',
  '-12.5e-3',
  '{"Name":"web","Port":80,"Tags":["a","b"],"Meta":{"k":"v"},"Check":{"TTL":"30s","Args":null}}',
  '[{"KV":{"Verb":"set","Key":"a/b","Value":"aGVsbG8=","Flags":42,"Index":0,"Session":""}}]',
  '{"LockDelay":"15s","Node":"n1","Checks":["serfHealth"],"Behavior":"release","TTL":"10m","ServiceChecks":[{"ID":"x"}]}',
  '{"Datacenter":"dc1","ID":"11111111-2222-3333-4444-555555555555","Node":"foo","Address":"10.0.0.1","SkipNodeUpdate":true}',
  ' { "a" : [ 1 , 2.5 , -0 , true , false , null ] , "\\u00e9\\ud83d\\ude00" : "\\"\\\\\\/\\b\\f\\n\\r\\t" } \n',
  '{"a":1,"a":2,"A":3,"__proto__":{"x":1},"constructor":null,"":0}',
];

export const jsonWords = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '\\u',
    '\\ud800',
    '\\udc00',
    '\\"',
    'null',
    'true',
    'false',
    'e',
    'E+',
    '-',
    '.',
    '0',
  ],
  ...[
    ' ',
    '\n',
    '\u0000',
    '\u2028',
    '"__proto__":',
    '"toString":',
    '{"a":',
    '[[',
    '1e999',
    '"\\',
    '\ufeff',
    '\u00ff',
    '//',
    '/*',
  ],
];

/** Complete configurations of an agent. */
export const agentConfigCorpus = [
  'datacenter = "dc1"\ndata_dir = "/data"\nlog_level = "INFO"\nserver = true\nbootstrap_expect = 1\n',
  'client_addr = "0.0.0.0"\nbind_addr = "{{ GetPrivateIP }}"\naddresses { http = "unix:///x.sock" https = "0.0.0.0" }\n',
  'ports { http = 8500, https = 8501, grpc = 8502, dns = -1, server = 8300, serf_lan = 8301, serf_wan = 8302 }\n',
  'performance { raft_multiplier = 1 leave_drain_time = "5s" rpc_hold_timeout = "7s" }\nlimits { http_max_conns_per_client = 100 }\n',
  'telemetry { statsd_address = "127.0.0.1:8125" prometheus_retention_time = "60s" prefix_filter = ["+a", "-b", "c"] }\n',
  'node_meta { rack = "r1" "a:b" = "c" }\ntagged_addresses { lan = "10.0.0.1" wan = "1.2.3.4" }\nunix_sockets { mode = "0700" }\n',
  'http_config { block_endpoints = ["/v1/x"] allow_write_http_from = ["10.0.0.0/8"] response_headers { A = "b" } }\n',
  'autopilot { cleanup_dead_servers = true last_contact_threshold = "200ms" max_trailing_logs = 250 }\nleave_on_terminate = true\n',
  'watches = [{ type = "key" key = "a" handler_type = "script" args = ["/bin/x"] }]\nui_config { enabled = true }\n',
  'acl { enabled = false default_policy = "allow" tokens { master = "x" } }\nconnect { enabled = true }\nencrypt = ""\n',
  'service { name = "web" port = 80 checks = [{ tcp = "x:1" interval = "1s" }] }\nsession_ttl_min = "10s"\nraft_protocol = 3\n',
];

export const jsonConfigCorpus = [
  '{"datacenter":"dc1","data_dir":"/data","server":true,"bootstrap":true,"ports":{"http":8500},"retry_join":["a","b"]}',
  '{"node_name":"n","log_rotate_bytes":1024,"log_rotate_duration":"24h","enable_syslog":true,"disable_host_node_id":false}',
  '{"advertise_addr":"10.0.0.1","advertise_addr_wan":"::1","serf_lan":"127.0.0.1","translate_wan_addrs":true,"domain":"consul."}',
  '{"services":[{"id":"a","name":"a"},{"name":"b","tags":["x"]}],"checks":[{"name":"c","ttl":"5s"}],"limits":{"kv_max_value_size":1}}',
];

export const configWords = [
  ...hclWords,
  ...[
    '"5s"',
    '"-1h"',
    '"abc"',
    '"0.0.0.0"',
    '"::"',
    '"127.0.0.1"',
    '"unix://x"',
    '"{{ GetPrivateIP }}"',
    '"{{ GetInterfaceIP \\"lo\\" }}"',
  ],
  ...[
    'server = true\n',
    'bootstrap = true\n',
    'bootstrap_expect = 3\n',
    'ports {',
    'telemetry {',
    'acl {',
    'limits {',
    'node_name = ',
  ],
  ...[
    '"server":true,',
    '"ports":{',
    '"data_dir":"/d",',
    '"{{',
    '}}"',
    '{{ . }}',
    'retry_join = [',
    'datacenter = "',
    '"__proto__"',
  ],
];

export const queryCorpus = [
  '',
  'index=10&wait=10s&dc=dc1',
  'recurse&separator=/&keys',
  'pretty&stale&max_stale=5s',
  'consistent&token=11111111-2222-3333-4444-555555555555',
  'cas=42&flags=18446744073709551615&acquire=s&release=s',
  'filter=Node%20%3D%3D%20%22a%22&near=_agent&node-meta=a:b&node-meta=c',
  'cached&cache-control=max-age=30,stale-if-error=60&leader',
  'a=1;b=2&a=3&%C3%A9=%ff&+=+&==&&&',
  'ns=default&partition=x&wait=1h30m&index=0',
];

export const queryWords = [
  ...[
    '&',
    ';',
    '=',
    '%',
    '%00',
    '%ff',
    '%2',
    '%zz',
    '+',
    '?',
    '#',
    'index=',
    'wait=',
    'stale',
    'consistent',
    'cached',
    'max_stale=',
  ],
  ...[
    'dc=',
    'token=',
    'recurse',
    'node-meta=',
    'cache-control=',
    'max-age=',
    'must-revalidate',
    ',',
    '10s',
    '1e3',
    '-1',
    '0x10',
    '%F0%9F%98%80',
  ],
];

export const pathCorpus = [
  '/',
  '/v1/kv/a/b/c',
  '/v1/kv/',
  '/v1/kv/foo%2Fbar%20baz?raw&index=1',
  '/v1/catalog/nodes?dc=dc1',
  '/v1/session/info/11111111-2222-3333-4444-555555555555',
  '//v1//kv/../kv/./x',
  'http://localhost:8500/v1/status/leader?x=y',
  '/v1/kv/%C3%A9%F0%9F%98%80%ff%fe',
  '/v1/agent/self?pretty',
  '/ui/',
];

export const pathWords = [
  ...[
    '/',
    '//',
    '/../',
    '/./',
    '..',
    '.',
    '%2F',
    '%2e%2e',
    '%',
    '%0',
    '%zz',
    '%00',
    '%ff',
    '%C3',
    '?',
    '#',
    'http://',
    '/v1/',
    '/v1/kv/',
  ],
  ...['kv', 'catalog', 'session', 'txn', 'agent', '\\', ' ', '\u007f', ':', '@', '*', ';', '&', '%25', 'a'.repeat(100)],
];

/** Names behind a route's path. */
export const restCorpus = [
  ...[
    '',
    'a',
    'a/b',
    'n1',
    'web',
    'serfHealth',
    'any',
    'passing',
    'critical',
    'é😀',
    '\udcff',
    'x'.repeat(600),
    '*',
    '..',
  ],
  ...['11111111-2222-3333-4444-555555555555', '11111111-2222-3333-4444-55555555555', 'db', 'node/n1', 'dc1'],
];

const id = '11111111-2222-3333-4444-555555555555';
const address = { ID: id, Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1', TaggedAddresses: { lan: '::1' } };
const node = { ...address, Meta: { rack: 'r' } };
const service = {
  ...{
    ID: 'web1',
    Service: 'web',
    Tags: ['a'],
    Port: 80,
    Address: '',
    Meta: { v: '1' },
    Weights: { Passing: 1, Warning: 1 },
  },
  ...{
    EnableTagOverride: false,
    Kind: '',
    Proxy: { DestinationServiceName: 'db', LocalServicePort: 1, Upstreams: [] },
  },
};
const check = {
  Node: 'n1',
  CheckID: 'c1',
  Name: 'c',
  Status: 'passing',
  ServiceID: 'web1',
  Definition: { TTL: '10s' },
};
const nodeCheck = { CheckID: 'c2', Name: 'c', Status: 'critical', Output: 'x' };

/** Bodies by the path of the route that takes them. */
export const bodiesByPath: Readonly<Record<string, readonly unknown[]>> = {
  '/v1/catalog/register': [
    { ...address, NodeMeta: { a: 'b' }, Service: service, Check: check, SkipNodeUpdate: false },
    {
      Node: 'n2',
      Address: '10.0.0.2',
      Checks: [nodeCheck, { ...nodeCheck, CheckID: 'serfHealth', Status: 'passing' }],
    },
  ],
  '/v1/catalog/deregister': [
    { Node: 'n1', Datacenter: 'dc1' },
    { Node: 'n1', ServiceID: 'web1' },
    { Node: 'n1', CheckID: 'c1' },
  ],
  '/v1/session/create': [
    {
      Node: 'n1',
      LockDelay: '15s',
      Name: 's',
      Behavior: 'delete',
      TTL: '10s',
      NodeChecks: [],
      ServiceChecks: [{ ID: 'c1' }],
    },
    { Node: 'n2', NodeChecks: ['serfHealth'] },
    { Node: 'n1', NodeChecks: [] },
  ],
  '/v1/txn': [
    [
      { KV: { Verb: 'set', Key: 'a', Value: 'aGk=', Flags: 1, Index: 0, Session: id } },
      { KV: { Verb: 'get-tree', Key: '' } },
    ],
    [{ KV: { Verb: 'cas', Key: 'a', Value: '', Index: 12 } }, { KV: { Verb: 'delete-tree', Key: 'a' } }],
    [{ KV: { Verb: 'lock', Key: 'a', Session: id } }, { KV: { Verb: 'check-session', Key: 'a', Session: id } }],
    [{ Node: { Verb: 'set', Node: node } }, { Service: { Verb: 'set', Node: 'n1', Service: service } }],
    [{ Check: { Verb: 'set', Check: check } }, { Check: { Verb: 'get', Check: check } }],
    [{ Node: { Verb: 'delete-cas', Node: { ...node, ModifyIndex: 12 } } }, { Node: { Verb: 'get', Node: node } }],
  ],
  '/v1/operator/autopilot/configuration': [
    { CleanupDeadServers: true, LastContactThreshold: '200ms', MaxTrailingLogs: 250, ServerStabilizationTime: '10s' },
  ],
};

interface Vector {
  readonly hex: string;
}

/** Commands of the state machine, type byte first. */
export const fsmVectors = (): Buffer[] => vectors('fsm.json');

/** Packets and streams of memberlist. */
export const memberlistVectors = (): Buffer[] => vectors('memberlist.json');

/** Messages of Serf, type byte first. */
export const serfVectors = (): Buffer[] => vectors('serf.json');

/** Bare MessagePack values. */
export const msgpackVectors = (): Buffer[] => vectors('msgpack.json');

function vectors(name: string): Buffer[] {
  const file = join(import.meta.dirname, '../data/vectors', name);
  const list = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];
  return list.filter(({ hex }) => typeof hex === 'string').map(({ hex }) => Buffer.from(hex, 'hex'));
}
