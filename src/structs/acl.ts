/** ACL tokens, policies, roles, auth methods and rules. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, RaftIndex, WriteRequest } from './common.ts';
import {
  any,
  bool,
  bytes,
  dur,
  durationText,
  type Infer,
  int64,
  jsonSkip,
  map,
  omitEmpty,
  ptr,
  slice,
  str,
  struct,
  time,
  u64,
} from './schema.ts';

export const ACL = struct('ACL', {
  ID: str,
  Name: str,
  Type: str,
  Rules: str,
  ...RaftIndex.type.fields,
});
export type ACL = Infer<typeof ACL>;

export const ACLRequest = struct('ACLRequest', {
  Datacenter: str,
  Op: str,
  ACL: ACL,
  ...WriteRequest.type.fields,
});
export type ACLRequest = Infer<typeof ACLRequest>;

export const ACLAuthMethodDeleteRequest = struct('ACLAuthMethodDeleteRequest', {
  AuthMethodName: str,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLAuthMethodDeleteRequest = Infer<typeof ACLAuthMethodDeleteRequest>;

export const ACLAuthMethodListRequest = struct('ACLAuthMethodListRequest', {
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLAuthMethodListRequest = Infer<typeof ACLAuthMethodListRequest>;

export const ACLAuthMethodListStub = struct('ACLAuthMethodListStub', {
  Name: str,
  Type: str,
  DisplayName: omitEmpty(str),
  Description: omitEmpty(str),
  MaxTokenTTL: omitEmpty(durationText),
  TokenLocality: omitEmpty(str),
  CreateIndex: u64,
  ModifyIndex: u64,
});
export type ACLAuthMethodListStub = Infer<typeof ACLAuthMethodListStub>;

export const ACLAuthMethodListResponse = struct('ACLAuthMethodListResponse', {
  AuthMethods: slice(ACLAuthMethodListStub),
  ...QueryMeta.type.fields,
});
export type ACLAuthMethodListResponse = Infer<typeof ACLAuthMethodListResponse>;

export const ACLAuthMethodGetRequest = struct('ACLAuthMethodGetRequest', {
  AuthMethodName: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLAuthMethodGetRequest = Infer<typeof ACLAuthMethodGetRequest>;

export const ACLAuthMethod = struct('ACLAuthMethod', {
  Name: str,
  Type: str,
  DisplayName: omitEmpty(str),
  Description: omitEmpty(str),
  MaxTokenTTL: omitEmpty(durationText),
  TokenLocality: omitEmpty(str),
  Config: map(any),
  ...RaftIndex.type.fields,
});
export type ACLAuthMethod = Infer<typeof ACLAuthMethod>;

export const ACLAuthMethodResponse = struct('ACLAuthMethodResponse', {
  AuthMethod: ptr(ACLAuthMethod),
  ...QueryMeta.type.fields,
});
export type ACLAuthMethodResponse = Infer<typeof ACLAuthMethodResponse>;

export const ACLAuthMethodSetRequest = struct('ACLAuthMethodSetRequest', {
  AuthMethod: ACLAuthMethod,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLAuthMethodSetRequest = Infer<typeof ACLAuthMethodSetRequest>;

export const ACLAuthorizationRequest = struct('ACLAuthorizationRequest', {
  Resource: str,
  Segment: omitEmpty(str),
  Access: str,
});
export type ACLAuthorizationRequest = Infer<typeof ACLAuthorizationRequest>;

export const RemoteACLAuthorizationRequest = struct('RemoteACLAuthorizationRequest', {
  Datacenter: str,
  Requests: slice(ACLAuthorizationRequest),
  ...QueryOptions.type.fields,
});
export type RemoteACLAuthorizationRequest = Infer<typeof RemoteACLAuthorizationRequest>;

export const ACLAuthorizationResponse = struct('ACLAuthorizationResponse', {
  ...ACLAuthorizationRequest.type.fields,
  Allow: bool,
});
export type ACLAuthorizationResponse = Infer<typeof ACLAuthorizationResponse>;

export const ACLBindingRuleDeleteRequest = struct('ACLBindingRuleDeleteRequest', {
  BindingRuleID: str,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLBindingRuleDeleteRequest = Infer<typeof ACLBindingRuleDeleteRequest>;

export const ACLBindingRuleListRequest = struct('ACLBindingRuleListRequest', {
  AuthMethod: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLBindingRuleListRequest = Infer<typeof ACLBindingRuleListRequest>;

export const ACLBindingRule = struct('ACLBindingRule', {
  ID: str,
  Description: str,
  AuthMethod: str,
  Selector: str,
  BindType: str,
  BindName: str,
  ...RaftIndex.type.fields,
});
export type ACLBindingRule = Infer<typeof ACLBindingRule>;

export const ACLBindingRuleListResponse = struct('ACLBindingRuleListResponse', {
  BindingRules: slice(ACLBindingRule),
  ...QueryMeta.type.fields,
});
export type ACLBindingRuleListResponse = Infer<typeof ACLBindingRuleListResponse>;

export const ACLBindingRuleGetRequest = struct('ACLBindingRuleGetRequest', {
  BindingRuleID: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLBindingRuleGetRequest = Infer<typeof ACLBindingRuleGetRequest>;

export const ACLBindingRuleResponse = struct('ACLBindingRuleResponse', {
  BindingRule: ptr(ACLBindingRule),
  ...QueryMeta.type.fields,
});
export type ACLBindingRuleResponse = Infer<typeof ACLBindingRuleResponse>;

export const ACLBindingRuleSetRequest = struct('ACLBindingRuleSetRequest', {
  BindingRule: ACLBindingRule,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLBindingRuleSetRequest = Infer<typeof ACLBindingRuleSetRequest>;

export const ACLTokenPolicyLink = struct('ACLTokenPolicyLink', {
  ID: str,
  Name: str,
});
export type ACLTokenPolicyLink = Infer<typeof ACLTokenPolicyLink>;

export const ACLTokenRoleLink = struct('ACLTokenRoleLink', {
  ID: str,
  Name: str,
});
export type ACLTokenRoleLink = Infer<typeof ACLTokenRoleLink>;

export const ACLServiceIdentity = struct('ACLServiceIdentity', {
  ServiceName: str,
  Datacenters: omitEmpty(slice(str)),
});
export type ACLServiceIdentity = Infer<typeof ACLServiceIdentity>;

export const ACLNodeIdentity = struct('ACLNodeIdentity', {
  NodeName: str,
  Datacenter: str,
});
export type ACLNodeIdentity = Infer<typeof ACLNodeIdentity>;

export const ACLToken = struct('ACLToken', {
  AccessorID: str,
  SecretID: str,
  Description: str,
  Policies: omitEmpty(slice(ACLTokenPolicyLink)),
  Roles: omitEmpty(slice(ACLTokenRoleLink)),
  ServiceIdentities: omitEmpty(slice(ACLServiceIdentity)),
  NodeIdentities: omitEmpty(slice(ACLNodeIdentity)),
  Type: jsonSkip(str),
  Rules: omitEmpty(str),
  Local: bool,
  AuthMethod: omitEmpty(str),
  ExpirationTime: omitEmpty(ptr(time)),
  ExpirationTTL: omitEmpty(durationText),
  CreateTime: time,
  Hash: bytes,
  ...RaftIndex.type.fields,
});
export type ACLToken = Infer<typeof ACLToken>;

export const ACLSpecificRequest = struct('ACLSpecificRequest', {
  Datacenter: str,
  ACL: str,
  ...QueryOptions.type.fields,
});
export type ACLSpecificRequest = Infer<typeof ACLSpecificRequest>;

export const IndexedACLs = struct('IndexedACLs', {
  ACLs: slice(ACL),
  ...QueryMeta.type.fields,
});
export type IndexedACLs = Infer<typeof IndexedACLs>;

export const ACLPolicyResolveLegacyRequest = struct('ACLPolicyResolveLegacyRequest', {
  Datacenter: str,
  ACL: str,
  ETag: str,
  ...QueryOptions.type.fields,
});
export type ACLPolicyResolveLegacyRequest = Infer<typeof ACLPolicyResolveLegacyRequest>;

export const AgentRule = struct('AgentRule', {
  Node: str,
  Policy: str,
});
export type AgentRule = Infer<typeof AgentRule>;

export const KeyRule = struct('KeyRule', {
  Prefix: str,
  Policy: str,
});
export type KeyRule = Infer<typeof KeyRule>;

export const NodeRule = struct('NodeRule', {
  Name: str,
  Policy: str,
});
export type NodeRule = Infer<typeof NodeRule>;

export const ServiceRule = struct('ServiceRule', {
  Name: str,
  Policy: str,
  Intentions: str,
});
export type ServiceRule = Infer<typeof ServiceRule>;

export const SessionRule = struct('SessionRule', {
  Node: str,
  Policy: str,
});
export type SessionRule = Infer<typeof SessionRule>;

export const EventRule = struct('EventRule', {
  Event: str,
  Policy: str,
});
export type EventRule = Infer<typeof EventRule>;

export const PreparedQueryRule = struct('PreparedQueryRule', {
  Prefix: str,
  Policy: str,
});
export type PreparedQueryRule = Infer<typeof PreparedQueryRule>;

export const PolicyRules = struct('PolicyRules', {
  ACL: str,
  Agents: slice(AgentRule),
  AgentPrefixes: slice(AgentRule),
  Keys: slice(KeyRule),
  KeyPrefixes: slice(KeyRule),
  Nodes: slice(NodeRule),
  NodePrefixes: slice(NodeRule),
  Services: slice(ServiceRule),
  ServicePrefixes: slice(ServiceRule),
  Sessions: slice(SessionRule),
  SessionPrefixes: slice(SessionRule),
  Events: slice(EventRule),
  EventPrefixes: slice(EventRule),
  PreparedQueries: slice(PreparedQueryRule),
  PreparedQueryPrefixes: slice(PreparedQueryRule),
  Keyring: str,
  Operator: str,
});
export type PolicyRules = Infer<typeof PolicyRules>;

export const Policy = struct('Policy', {
  ID: str,
  Revision: u64,
  ...PolicyRules.type.fields,
});
export type Policy = Infer<typeof Policy>;

export const ACLPolicyResolveLegacyResponse = struct('ACLPolicyResolveLegacyResponse', {
  ETag: str,
  Parent: str,
  Policy: ptr(Policy),
  TTL: dur,
  ...QueryMeta.type.fields,
});
export type ACLPolicyResolveLegacyResponse = Infer<typeof ACLPolicyResolveLegacyResponse>;

export const ACLLoginParams = struct('ACLLoginParams', {
  AuthMethod: str,
  BearerToken: str,
  Meta: map(str),
});
export type ACLLoginParams = Infer<typeof ACLLoginParams>;

export const ACLLoginRequest = struct('ACLLoginRequest', {
  Auth: ptr(ACLLoginParams),
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLLoginRequest = Infer<typeof ACLLoginRequest>;

export const ACLLogoutRequest = struct('ACLLogoutRequest', {
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLLogoutRequest = Infer<typeof ACLLogoutRequest>;

export const ACLPolicyBatchGetRequest = struct('ACLPolicyBatchGetRequest', {
  PolicyIDs: slice(str),
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLPolicyBatchGetRequest = Infer<typeof ACLPolicyBatchGetRequest>;

export const ACLPolicy = struct('ACLPolicy', {
  ID: str,
  Name: str,
  Description: str,
  Rules: str,
  Syntax: jsonSkip(int64),
  Datacenters: omitEmpty(slice(str)),
  Hash: bytes,
  ...RaftIndex.type.fields,
});
export type ACLPolicy = Infer<typeof ACLPolicy>;

export const ACLPolicyBatchResponse = struct('ACLPolicyBatchResponse', {
  Policies: slice(ACLPolicy),
  ...QueryMeta.type.fields,
});
export type ACLPolicyBatchResponse = Infer<typeof ACLPolicyBatchResponse>;

export const ACLPolicyDeleteRequest = struct('ACLPolicyDeleteRequest', {
  PolicyID: str,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLPolicyDeleteRequest = Infer<typeof ACLPolicyDeleteRequest>;

export const ACLPolicyListRequest = struct('ACLPolicyListRequest', {
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLPolicyListRequest = Infer<typeof ACLPolicyListRequest>;

export const ACLPolicyListStub = struct('ACLPolicyListStub', {
  ID: str,
  Name: str,
  Description: str,
  Datacenters: slice(str),
  Hash: bytes,
  CreateIndex: u64,
  ModifyIndex: u64,
});
export type ACLPolicyListStub = Infer<typeof ACLPolicyListStub>;

export const ACLPolicyListResponse = struct('ACLPolicyListResponse', {
  Policies: slice(ACLPolicyListStub),
  ...QueryMeta.type.fields,
});
export type ACLPolicyListResponse = Infer<typeof ACLPolicyListResponse>;

export const ACLPolicyGetRequest = struct('ACLPolicyGetRequest', {
  PolicyID: str,
  PolicyName: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLPolicyGetRequest = Infer<typeof ACLPolicyGetRequest>;

export const ACLPolicyResponse = struct('ACLPolicyResponse', {
  Policy: ptr(ACLPolicy),
  ...QueryMeta.type.fields,
});
export type ACLPolicyResponse = Infer<typeof ACLPolicyResponse>;

export const ACLPolicySetRequest = struct('ACLPolicySetRequest', {
  Policy: ACLPolicy,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLPolicySetRequest = Infer<typeof ACLPolicySetRequest>;

export const ACLReplicationStatus = struct('ACLReplicationStatus', {
  Enabled: bool,
  Running: bool,
  SourceDatacenter: str,
  ReplicationType: str,
  ReplicatedIndex: u64,
  ReplicatedRoleIndex: u64,
  ReplicatedTokenIndex: u64,
  LastSuccess: time,
  LastError: time,
});
export type ACLReplicationStatus = Infer<typeof ACLReplicationStatus>;

export const ACLRoleBatchGetRequest = struct('ACLRoleBatchGetRequest', {
  RoleIDs: slice(str),
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLRoleBatchGetRequest = Infer<typeof ACLRoleBatchGetRequest>;

export const ACLRolePolicyLink = struct('ACLRolePolicyLink', {
  ID: str,
  Name: str,
});
export type ACLRolePolicyLink = Infer<typeof ACLRolePolicyLink>;

export const ACLRole = struct('ACLRole', {
  ID: str,
  Name: str,
  Description: str,
  Policies: omitEmpty(slice(ACLRolePolicyLink)),
  ServiceIdentities: omitEmpty(slice(ACLServiceIdentity)),
  NodeIdentities: omitEmpty(slice(ACLNodeIdentity)),
  Hash: bytes,
  ...RaftIndex.type.fields,
});
export type ACLRole = Infer<typeof ACLRole>;

export const ACLRoleBatchResponse = struct('ACLRoleBatchResponse', {
  Roles: slice(ACLRole),
  ...QueryMeta.type.fields,
});
export type ACLRoleBatchResponse = Infer<typeof ACLRoleBatchResponse>;

export const ACLRoleDeleteRequest = struct('ACLRoleDeleteRequest', {
  RoleID: str,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLRoleDeleteRequest = Infer<typeof ACLRoleDeleteRequest>;

export const ACLRoleListRequest = struct('ACLRoleListRequest', {
  Policy: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLRoleListRequest = Infer<typeof ACLRoleListRequest>;

export const ACLRoleListResponse = struct('ACLRoleListResponse', {
  Roles: slice(ACLRole),
  ...QueryMeta.type.fields,
});
export type ACLRoleListResponse = Infer<typeof ACLRoleListResponse>;

export const ACLRoleGetRequest = struct('ACLRoleGetRequest', {
  RoleID: str,
  RoleName: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLRoleGetRequest = Infer<typeof ACLRoleGetRequest>;

export const ACLRoleResponse = struct('ACLRoleResponse', {
  Role: ptr(ACLRole),
  ...QueryMeta.type.fields,
});
export type ACLRoleResponse = Infer<typeof ACLRoleResponse>;

export const ACLRoleSetRequest = struct('ACLRoleSetRequest', {
  Role: ACLRole,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLRoleSetRequest = Infer<typeof ACLRoleSetRequest>;

export const ACLTokenBatchGetRequest = struct('ACLTokenBatchGetRequest', {
  AccessorIDs: slice(str),
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLTokenBatchGetRequest = Infer<typeof ACLTokenBatchGetRequest>;

export const ACLTokenBatchResponse = struct('ACLTokenBatchResponse', {
  Tokens: slice(ACLToken),
  Redacted: bool,
  Removed: bool,
  ...QueryMeta.type.fields,
});
export type ACLTokenBatchResponse = Infer<typeof ACLTokenBatchResponse>;

export const ACLTokenSetRequest = struct('ACLTokenSetRequest', {
  ACLToken: ACLToken,
  Create: bool,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLTokenSetRequest = Infer<typeof ACLTokenSetRequest>;

export const ACLTokenDeleteRequest = struct('ACLTokenDeleteRequest', {
  TokenID: str,
  Datacenter: str,
  ...WriteRequest.type.fields,
});
export type ACLTokenDeleteRequest = Infer<typeof ACLTokenDeleteRequest>;

export const ACLTokenListRequest = struct('ACLTokenListRequest', {
  IncludeLocal: bool,
  IncludeGlobal: bool,
  Policy: str,
  Role: str,
  AuthMethod: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLTokenListRequest = Infer<typeof ACLTokenListRequest>;

export const ACLTokenListStub = struct('ACLTokenListStub', {
  AccessorID: str,
  SecretID: str,
  Description: str,
  Policies: omitEmpty(slice(ACLTokenPolicyLink)),
  Roles: omitEmpty(slice(ACLTokenRoleLink)),
  ServiceIdentities: omitEmpty(slice(ACLServiceIdentity)),
  NodeIdentities: omitEmpty(slice(ACLNodeIdentity)),
  Local: bool,
  AuthMethod: omitEmpty(str),
  ExpirationTime: omitEmpty(ptr(time)),
  CreateTime: time,
  Hash: bytes,
  CreateIndex: u64,
  ModifyIndex: u64,
  Legacy: omitEmpty(bool),
});
export type ACLTokenListStub = Infer<typeof ACLTokenListStub>;

export const ACLTokenListResponse = struct('ACLTokenListResponse', {
  Tokens: slice(ACLTokenListStub),
  ...QueryMeta.type.fields,
});
export type ACLTokenListResponse = Infer<typeof ACLTokenListResponse>;

export const ACLTokenGetRequest = struct('ACLTokenGetRequest', {
  TokenID: str,
  TokenIDType: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ACLTokenGetRequest = Infer<typeof ACLTokenGetRequest>;

export const ACLTokenResponse = struct('ACLTokenResponse', {
  Token: ptr(ACLToken),
  Redacted: bool,
  SourceDatacenter: str,
  ...QueryMeta.type.fields,
});
export type ACLTokenResponse = Infer<typeof ACLTokenResponse>;

export const ACLTokenBatchSetRequest = struct('ACLTokenBatchSetRequest', {
  Tokens: slice(ACLToken),
  CAS: bool,
  AllowMissingLinks: bool,
  ProhibitUnprivileged: bool,
  FromReplication: bool,
});
export type ACLTokenBatchSetRequest = Infer<typeof ACLTokenBatchSetRequest>;

export const ACLTokenBatchDeleteRequest = struct('ACLTokenBatchDeleteRequest', {
  TokenIDs: slice(str),
});
export type ACLTokenBatchDeleteRequest = Infer<typeof ACLTokenBatchDeleteRequest>;

export const ACLTokenBootstrapRequest = struct('ACLTokenBootstrapRequest', {
  Token: ACLToken,
  ResetIndex: u64,
});
export type ACLTokenBootstrapRequest = Infer<typeof ACLTokenBootstrapRequest>;

export const ACLPolicyBatchSetRequest = struct('ACLPolicyBatchSetRequest', {
  Policies: slice(ACLPolicy),
});
export type ACLPolicyBatchSetRequest = Infer<typeof ACLPolicyBatchSetRequest>;

export const ACLPolicyBatchDeleteRequest = struct('ACLPolicyBatchDeleteRequest', {
  PolicyIDs: slice(str),
});
export type ACLPolicyBatchDeleteRequest = Infer<typeof ACLPolicyBatchDeleteRequest>;

export const ACLRoleBatchSetRequest = struct('ACLRoleBatchSetRequest', {
  Roles: slice(ACLRole),
  AllowMissingLinks: bool,
});
export type ACLRoleBatchSetRequest = Infer<typeof ACLRoleBatchSetRequest>;

export const ACLRoleBatchDeleteRequest = struct('ACLRoleBatchDeleteRequest', {
  RoleIDs: slice(str),
});
export type ACLRoleBatchDeleteRequest = Infer<typeof ACLRoleBatchDeleteRequest>;

export const ACLBindingRuleBatchSetRequest = struct('ACLBindingRuleBatchSetRequest', {
  BindingRules: slice(ACLBindingRule),
});
export type ACLBindingRuleBatchSetRequest = Infer<typeof ACLBindingRuleBatchSetRequest>;

export const ACLBindingRuleBatchDeleteRequest = struct('ACLBindingRuleBatchDeleteRequest', {
  BindingRuleIDs: slice(str),
});
export type ACLBindingRuleBatchDeleteRequest = Infer<typeof ACLBindingRuleBatchDeleteRequest>;

export const ACLAuthMethodBatchSetRequest = struct('ACLAuthMethodBatchSetRequest', {
  AuthMethods: slice(ACLAuthMethod),
});
export type ACLAuthMethodBatchSetRequest = Infer<typeof ACLAuthMethodBatchSetRequest>;

export const ACLAuthMethodBatchDeleteRequest = struct('ACLAuthMethodBatchDeleteRequest', {
  AuthMethodNames: slice(str),
});
export type ACLAuthMethodBatchDeleteRequest = Infer<typeof ACLAuthMethodBatchDeleteRequest>;
