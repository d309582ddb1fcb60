/** The rules that service and node identities, and the well-known tokens, stand for. */
import type { ACLNodeIdentity, ACLServiceIdentity } from '../../structs/acl.ts';
import type { NamedResource, NamedRule, Rules } from './rules.ts';

const rule = (resource: NamedResource, name: string, level: 'read' | 'write', prefix = false): NamedRule => ({
  resource,
  name,
  prefix,
  level,
  intentions: '',
});

/** A service may register itself and its sidecar, and discover everything. */
export const serviceIdentityRules = ({ ServiceName }: Pick<ACLServiceIdentity, 'ServiceName'>): Rules => ({
  single: {},
  named: [
    rule('service', ServiceName, 'write'),
    rule('service', `${ServiceName}-sidecar-proxy`, 'write'),
    rule('service', '', 'read', true),
    rule('node', '', 'read', true),
  ],
});

/** A node may register itself, and see services. */
export const nodeIdentityRules = ({ NodeName }: Pick<ACLNodeIdentity, 'NodeName'>): Rules => ({
  single: {},
  named: [rule('node', NodeName, 'write'), rule('service', '', 'read', true)],
});

/** The agent's master token: for this agent when no server can be asked. */
export const agentMasterRules = (nodeName: string): Rules => ({
  single: {},
  named: [rule('agent', nodeName, 'write'), rule('node', '', 'read', true)],
});

export const anonymousId = '00000000-0000-0000-0000-000000000002';
export const anonymousSecret = 'anonymous';
export const globalManagementId = '00000000-0000-0000-0000-000000000001';
/** Ids that begin so are not given out. */
export const reservedIds = '00000000-0000-0000-0000-0000000000';

/** Written by the leader; the text is shown, so it is exact. */
export const globalManagementRules = `
acl = "write"
agent_prefix "" {
	policy = "write"
}
event_prefix "" {
	policy = "write"
}
key_prefix "" {
	policy = "write"
}
keyring = "write"
node_prefix "" {
	policy = "write"
}
operator = "write"
query_prefix "" {
	policy = "write"
}
service_prefix "" {
	policy = "write"
	intentions = "write"
}
session_prefix "" {
	policy = "write"
}`;
