/** `/v1/acl/`: tokens, policies, roles. */
import { escapePath } from '../lib/go-url.ts';
import type { ConsulHttp } from './http.ts';

export interface AclLink {
  readonly ID: string;
  readonly Name: string;
}
export interface ServiceIdentity {
  readonly ServiceName: string;
  readonly Datacenters?: readonly string[];
}
export interface NodeIdentity {
  readonly NodeName: string;
  readonly Datacenter: string;
}

export interface AclPolicy {
  readonly ID: string;
  readonly Name: string;
  readonly Description: string;
  readonly Rules?: string;
  readonly Datacenters?: readonly string[] | null;
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface AclRole {
  readonly ID: string;
  readonly Name: string;
  readonly Description: string;
  readonly Policies?: readonly AclLink[];
  readonly ServiceIdentities?: readonly ServiceIdentity[];
  readonly NodeIdentities?: readonly NodeIdentity[];
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface AclToken {
  readonly AccessorID: string;
  readonly SecretID: string;
  readonly Description: string;
  readonly Policies?: readonly AclLink[];
  readonly Roles?: readonly AclLink[];
  readonly ServiceIdentities?: readonly ServiceIdentity[];
  readonly NodeIdentities?: readonly NodeIdentity[];
  readonly Rules?: string;
  readonly Local: boolean;
  readonly AuthMethod?: string;
  readonly ExpirationTime?: string;
  readonly CreateTime: string;
  readonly Hash: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  /** Only in lists. */
  readonly Legacy?: boolean;
}

export interface AuthMethod {
  readonly Name: string;
  readonly Type: string;
  readonly DisplayName?: string;
  readonly Description?: string;
  readonly MaxTokenTTL?: string;
  readonly TokenLocality?: string;
  readonly Config?: Readonly<Record<string, unknown>>;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface BindingRule {
  readonly ID: string;
  readonly Description: string;
  readonly AuthMethod: string;
  readonly Selector: string;
  readonly BindType: string;
  readonly BindName: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** What a write takes: links by id or by name. */
export type AclWrite = Readonly<Record<string, unknown>>;

/** One access to one thing; Segment is its name, '' where there is one of the resource. */
export interface AclAccess {
  readonly Resource: string;
  readonly Segment: string;
  readonly Access: string;
}
export interface AclDecision extends AclAccess {
  readonly Allow: boolean;
  /** The rule that decided, or the default. */
  readonly Because: string;
  /** By which roles and policies the token has it. */
  readonly From: readonly string[] | null;
  readonly Others: readonly { readonly Rule: string; readonly From: readonly string[] | null }[] | null;
}
export interface AclExplained {
  readonly AccessorID: string;
  readonly Description: string;
  readonly Decisions: readonly AclDecision[];
}

export interface AclApi {
  bootstrap(): Promise<AclToken>;
  policies(): Promise<AclPolicy[]>;
  policy(id: string): Promise<AclPolicy>;
  createPolicy(policy: AclWrite): Promise<AclPolicy>;
  updatePolicy(id: string, policy: AclWrite): Promise<AclPolicy>;
  deletePolicy(id: string): Promise<void>;
  roles(): Promise<AclRole[]>;
  /** null when there is none. */
  role(id: string): Promise<AclRole | null>;
  roleByName(name: string): Promise<AclRole | null>;
  createRole(role: AclWrite): Promise<AclRole>;
  updateRole(id: string, role: AclWrite): Promise<AclRole>;
  deleteRole(id: string): Promise<void>;
  /** Asked with the token in use, or with the one of a secret. */
  tokens(secret?: string): Promise<AclToken[]>;
  token(accessor: string): Promise<AclToken>;
  /** The token in use, or the one of a secret. */
  self(secret?: string): Promise<AclToken>;
  createToken(token: AclWrite): Promise<AclToken>;
  updateToken(accessor: string, token: AclWrite): Promise<AclToken>;
  cloneToken(accessor: string, description: string): Promise<AclToken>;
  deleteToken(accessor: string): Promise<void>;
  setAgentToken(kind: string, token: string): Promise<void>;
  authMethods(): Promise<AuthMethod[]>;
  /** null when there is none. */
  authMethod(name: string): Promise<AuthMethod | null>;
  createAuthMethod(method: AclWrite): Promise<AuthMethod>;
  updateAuthMethod(name: string, method: AclWrite): Promise<AuthMethod>;
  deleteAuthMethod(name: string): Promise<void>;
  /** All, or those of a method. */
  bindingRules(method?: string): Promise<BindingRule[]>;
  /** null when there is none. */
  bindingRule(id: string): Promise<BindingRule | null>;
  createBindingRule(rule: AclWrite): Promise<BindingRule>;
  updateBindingRule(id: string, rule: AclWrite): Promise<BindingRule>;
  deleteBindingRule(id: string): Promise<void>;
  login(request: AclWrite): Promise<AclToken>;
  logout(): Promise<void>;
  /** What the token in use may do, or the one of an accessor (''), and why. */
  explain(accesses: readonly AclAccess[], accessor: string): Promise<AclExplained>;
}

export function aclApi(http: ConsulHttp): AclApi {
  const at = (what: string, id: string): string => `/v1/acl/${what}/${escapePath(id)}`;
  const get = async <T>(path: string): Promise<T> => (await http.get<T>(path)).value;
  const remove = async (path: string): Promise<void> => void (await http.ask({ method: 'DELETE', path }));
  const find = async <T>(path: string): Promise<T | null> => {
    const answer = await http.ask({ method: 'GET', path, accept: [404] });
    return answer.status === 404 ? null : (JSON.parse(answer.body.toString()) as T);
  };
  return {
    bootstrap: () => http.put('/v1/acl/bootstrap'),
    policies: () => get('/v1/acl/policies'),
    policy: (id) => get(at('policy', id)),
    createPolicy: (policy) => http.put('/v1/acl/policy', policy),
    updatePolicy: (id, policy) => http.put(at('policy', id), policy),
    deletePolicy: (id) => remove(at('policy', id)),
    roles: () => get('/v1/acl/roles'),
    role: (id) => find(at('role', id)),
    roleByName: (name) => find(at('role/name', name)),
    createRole: (role) => http.put('/v1/acl/role', role),
    updateRole: (id, role) => http.put(at('role', id), role),
    deleteRole: (id) => remove(at('role', id)),
    tokens: async (secret) =>
      (await http.get<AclToken[]>('/v1/acl/tokens', {}, secret === undefined ? {} : { token: secret })).value,
    token: (accessor) => get(at('token', accessor)),
    self: async (secret) => {
      const query = secret === undefined ? {} : { token: secret };
      return (await http.get<AclToken>('/v1/acl/token/self', {}, query)).value;
    },
    createToken: (token) => http.put('/v1/acl/token', token),
    updateToken: (accessor, token) => http.put(at('token', accessor), token),
    cloneToken: (accessor, Description) => http.put(`${at('token', accessor)}/clone`, { Description }),
    deleteToken: (accessor) => remove(at('token', accessor)),
    async setAgentToken(kind, Token) {
      await http.put(`/v1/agent/token/${kind}`, { Token });
    },
    authMethods: () => get('/v1/acl/auth-methods'),
    authMethod: (name) => find(at('auth-method', name)),
    createAuthMethod: (method) => http.put('/v1/acl/auth-method', method),
    updateAuthMethod: (name, method) => http.put(at('auth-method', name), method),
    deleteAuthMethod: (name) => remove(at('auth-method', name)),
    bindingRules: async (method = '') => {
      const query = method === '' ? {} : { authmethod: method };
      return (await http.get<BindingRule[]>('/v1/acl/binding-rules', {}, query)).value;
    },
    bindingRule: (id) => find(at('binding-rule', id)),
    createBindingRule: (rule) => http.put('/v1/acl/binding-rule', rule),
    updateBindingRule: (id, rule) => http.put(at('binding-rule', id), rule),
    deleteBindingRule: (id) => remove(at('binding-rule', id)),
    async login(request) {
      const { body } = await http.ask({ method: 'POST', path: '/v1/acl/login', body: request });
      return JSON.parse(body.toString()) as AclToken;
    },
    async logout() {
      await http.ask({ method: 'POST', path: '/v1/acl/logout' });
    },
    async explain(accesses, accessor) {
      const query = accessor === '' ? {} : { accessor };
      const { body } = await http.ask({ method: 'POST', path: '/v1/internal/acl/explain', query, body: accesses });
      return JSON.parse(body.toString()) as AclExplained;
    },
  };
}
