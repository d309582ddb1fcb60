/** Bodies of writes to `/v1/acl/`: what is read there, with a hash that is taken and not looked at. */
import { ACLPolicy, ACLRole, ACLToken } from '../../structs/acl.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { jsonStruct, type Schema, str, struct } from '../../structs/schema.ts';
import { refusing } from './decode-body.ts';

const hints = { goType: 'struct { Hash string; *structs.Alias }', unmarshaler: 'strict' } as const;

const PolicyBody = jsonStruct(struct('PolicyBody', { ...ACLPolicy.type.fields, Hash: str }), hints);
const RoleBody = jsonStruct(struct('RoleBody', { ...ACLRole.type.fields, Hash: str }), hints);
const TokenBody = jsonStruct(struct('TokenBody', { ...ACLToken.type.fields, Hash: str }), hints);

/** @throws BadRequest with Consul's text */
export const decodeAcl = <T>(schema: Schema<T>, body: Uint8Array, what: string): T =>
  refusing(`Bad request: ${what} decoding failed`, () => decodeJson(schema, body));

export const decodePolicy = (body: Uint8Array): ACLPolicy => ({
  ...decodeAcl(PolicyBody, body, 'Policy'),
  Syntax: 0,
  Hash: null,
});
export const decodeRole = (body: Uint8Array): ACLRole => ({ ...decodeAcl(RoleBody, body, 'Role'), Hash: null });
export const decodeToken = (body: Uint8Array): ACLToken => ({
  ...decodeAcl(TokenBody, body, 'Token'),
  Type: '',
  Hash: null,
});
