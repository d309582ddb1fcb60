/** The commands of Consul 1.10, whose lists people and programs know. All others are ours, and listed apart. */
const groups: Readonly<Record<string, readonly string[]>> = {
  '': [
    ...[
      'agent',
      'debug',
      'event',
      'exec',
      'force-leave',
      'info',
      'join',
      'keygen',
      'keyring',
      'leave',
      'lock',
      'login',
    ],
    ...['logout', 'maint', 'members', 'monitor', 'reload', 'rtt', 'validate', 'version', 'watch'],
  ],
  acl: ['bootstrap', 'set-agent-token', 'translate-rules'],
  'acl auth-method': ['create', 'delete', 'list', 'read', 'update'],
  'acl binding-rule': ['create', 'delete', 'list', 'read', 'update'],
  'acl policy': ['create', 'delete', 'list', 'read', 'update'],
  'acl role': ['create', 'delete', 'list', 'read', 'update'],
  'acl token': ['clone', 'create', 'delete', 'list', 'read', 'update'],
  catalog: ['datacenters', 'nodes', 'services'],
  config: ['delete', 'list', 'read', 'write'],
  connect: ['envoy', 'expose', 'proxy', 'redirect-traffic'],
  'connect ca': ['get-config', 'set-config'],
  'connect envoy': ['pipe-bootstrap'],
  intention: ['check', 'create', 'delete', 'get', 'list', 'match'],
  kv: ['delete', 'export', 'get', 'import', 'put'],
  'operator autopilot': ['get-config', 'set-config', 'state'],
  'operator raft': ['list-peers', 'remove-peer'],
  services: ['deregister', 'register'],
  snapshot: ['inspect', 'restore', 'save'],
  'tls ca': ['create'],
  'tls cert': ['create'],
};

const names = Object.entries(groups).flatMap(([group, list]) =>
  list.map((name) => (group === '' ? name : `${group} ${name}`)),
);

/** A command, or a group that has one. */
export const isConsuls = (words: string): boolean =>
  names.some((name) => name === words || name.startsWith(`${words} `));
