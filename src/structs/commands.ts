/**
 * The commands of the replicated state machine: one type byte, then the MessagePack of the body (wire/raft, section 6).
 * Types that only occur in snapshots are in `snapshot/records.ts`.
 */
import { decodeAt } from '../lib/msgpack/decode.ts';
import { encoderOf } from '../lib/msgpack/encode.ts';
import { Writer } from '../lib/msgpack/writer.ts';
import {
  ACLAuthMethodBatchDeleteRequest,
  ACLAuthMethodBatchSetRequest,
  ACLBindingRuleBatchDeleteRequest,
  ACLBindingRuleBatchSetRequest,
  ACLPolicyBatchDeleteRequest,
  ACLPolicyBatchSetRequest,
  ACLRequest,
  ACLRoleBatchDeleteRequest,
  ACLRoleBatchSetRequest,
  ACLTokenBatchDeleteRequest,
  ACLTokenBatchSetRequest,
  ACLTokenBootstrapRequest,
} from './acl.ts';
import { DeregisterRequest, RegisterRequest } from './catalog.ts';
import { ConfigEntryRequest } from './config-entry.ts';
import { CALeafRequest, CARequest } from './connect.ts';
import { Coordinate } from './coordinate.ts';
import { FederationStateRequest } from './federation.ts';
import { IntentionRequest } from './intention.ts';
import { SystemMetadataRequest } from './internal.ts';
import { KVSRequest, TombstoneRequest } from './kv.ts';
import { AutopilotSetConfigRequest } from './operator.ts';
import { PreparedQueryRequest } from './prepared-query.ts';
import { type Infer, type Schema, slice } from './schema.ts';
import { SessionRequest } from './session.ts';
import { TxnRequest } from './txn.ts';

/** Every command by name. */
export const commands = {
  register: { type: 0, body: RegisterRequest },
  deregister: { type: 1, body: DeregisterRequest },
  kv: { type: 2, body: KVSRequest },
  session: { type: 3, body: SessionRequest },
  legacyAcl: { type: 4, body: ACLRequest },
  tombstone: { type: 5, body: TombstoneRequest },
  coordinateBatch: { type: 6, body: slice(Coordinate) },
  preparedQuery: { type: 7, body: PreparedQueryRequest },
  txn: { type: 8, body: TxnRequest },
  autopilot: { type: 9, body: AutopilotSetConfigRequest },
  aclBootstrap: { type: 11, body: ACLTokenBootstrapRequest },
  intention: { type: 12, body: IntentionRequest },
  connectCA: { type: 13, body: CARequest },
  aclTokenSet: { type: 17, body: ACLTokenBatchSetRequest },
  aclTokenDelete: { type: 18, body: ACLTokenBatchDeleteRequest },
  aclPolicySet: { type: 19, body: ACLPolicyBatchSetRequest },
  aclPolicyDelete: { type: 20, body: ACLPolicyBatchDeleteRequest },
  connectCALeaf: { type: 21, body: CALeafRequest },
  configEntry: { type: 22, body: ConfigEntryRequest },
  aclRoleSet: { type: 23, body: ACLRoleBatchSetRequest },
  aclRoleDelete: { type: 24, body: ACLRoleBatchDeleteRequest },
  aclBindingRuleSet: { type: 25, body: ACLBindingRuleBatchSetRequest },
  aclBindingRuleDelete: { type: 26, body: ACLBindingRuleBatchDeleteRequest },
  aclAuthMethodSet: { type: 27, body: ACLAuthMethodBatchSetRequest },
  aclAuthMethodDelete: { type: 28, body: ACLAuthMethodBatchDeleteRequest },
  federationState: { type: 30, body: FederationStateRequest },
  systemMetadata: { type: 31, body: SystemMetadataRequest },
} as const satisfies Record<string, { type: number; body: Schema<unknown> }>;

export type CommandName = keyof typeof commands;
export type CommandBody<N extends CommandName> = Infer<(typeof commands)[N]['body']>;
/** A command with its body, told apart by `name`. */
export type Command = { [N in CommandName]: { readonly name: N; readonly body: CommandBody<N> } }[CommandName];

/** Set in the type byte: a server that does not know the command skips it instead of stopping. */
export const ignorableBit = 0x80;

const names = new Map<number, CommandName>(
  Object.entries(commands).map(([name, { type }]) => [type, name as CommandName]),
);
const shared = new Writer();

/** Type byte and body in one allocation. */
export function encodeCommand<N extends CommandName>(name: N, body: CommandBody<N>, ignorable = false): Uint8Array {
  const { type, body: schema } = commands[name];
  const encoder = encoderOf(schema);
  shared.reset();
  shared.byte(ignorable ? type | ignorableBit : type);
  encoder(shared, body);
  return shared.copy();
}

/**
 * What a log entry says. Byte fields of the body are views of `data`. `unknown` commands that are not ignorable, and
 * bodies that cannot be decoded (MsgpackError), stop a server deliberately.
 */
export function decodeCommand(
  data: Uint8Array,
): Command | { readonly name: 'unknown'; readonly type: number; readonly ignorable: boolean } {
  const first = data[0] ?? 0;
  const type = first & ~ignorableBit;
  const name = names.get(type);
  if (name === undefined) return { name: 'unknown', type, ignorable: (first & ignorableBit) !== 0 };
  return { name, body: decodeAt(commands[name].body as Schema<unknown>, data, 1).value } as Command;
}
