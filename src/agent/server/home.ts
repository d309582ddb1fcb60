/**
 * Which datacenter a call belongs to. What all datacenters share - policies, roles, global tokens, config entries, intentions,
 * federation states - is written in the primary and replicated from there, whatever the caller asked for.
 */
import { errors, RpcError } from '../errors.ts';
import { type Args, type MethodName, type Signature, signatures } from '../rpc/signatures.ts';
import { fold } from '../state/schema.ts';
import type { State } from '../state/store.ts';

export interface Home {
  readonly datacenter: string;
  readonly primary: string;
  /** This datacenter keeps tokens of its own: it is the primary, or replicates them. Read anew: tokens may be set later. */
  readonly keepsTokens: () => boolean;
  readonly state: () => State;
}

type Asked<M extends MethodName> = Partial<Args<M>> & { readonly Datacenter?: string };

/** Tokens are read where they are. */
const tokenReads: ReadonlySet<MethodName> = new Set(['ACL.TokenBatchRead', 'ACL.TokenList', 'ACL.TokenRead']);
/** What they make are tokens of this datacenter. */
const tokenMakers: ReadonlySet<MethodName> = new Set([
  'ACL.AuthMethodDelete',
  'ACL.AuthMethodList',
  'ACL.AuthMethodRead',
  'ACL.AuthMethodSet',
  'ACL.BindingRuleDelete',
  'ACL.BindingRuleList',
  'ACL.BindingRuleRead',
  'ACL.BindingRuleSet',
  'ACL.Login',
  'ACL.Logout',
]);
/** The system before 1.4 is one for all datacenters. */
const legacy: ReadonlySet<MethodName> = new Set(['ACL.Apply', 'ACL.Get', 'ACL.List']);

/** @throws RpcError for what this datacenter cannot do */
export function homeOf<M extends MethodName>(home: Home, name: M, args: Asked<M>): string {
  const { datacenter, primary } = home;
  const asked = args.Datacenter || datacenter;
  if (primary === datacenter && asked === datacenter) return asked;
  if (legacy.has(name)) return primary;
  const { route } = signatures[name] as Signature;
  if (route === 'primary') return isTokenWrite(name) ? homeOfToken(home, name, args, asked) : primary;
  if (asked !== datacenter || home.keepsTokens()) return asked;
  if (tokenReads.has(name)) return primary;
  if (name === 'ACL.Bootstrap' || name === 'ACL.BootstrapTokens') throw errors.aclDisabled();
  if (tokenMakers.has(name)) throw new RpcError('Token replication is required for auth methods to function');
  return asked;
}

/** A token of this datacenter alone means nothing elsewhere, and is not told there. */
export const tokenElsewhere = (state: State, token: string): string =>
  state.tables.aclTokens.get(token)?.Local === true ? '' : token;

const isTokenWrite = (name: MethodName): boolean =>
  name === 'ACL.TokenSet' || name === 'ACL.TokenClone' || name === 'ACL.TokenDelete';

function homeOfToken<M extends MethodName>(home: Home, name: M, args: Asked<M>, asked: string): string {
  const { datacenter, primary, keepsTokens } = home;
  const token = (args as Asked<'ACL.TokenSet'>).ACLToken;
  if (name === 'ACL.TokenSet') {
    if (token?.Local !== true) return primary;
    if (asked === datacenter && !keepsTokens()) throw new RpcError('Local tokens are disabled');
    return asked;
  }
  if (asked !== datacenter) return asked;
  const accessor = name === 'ACL.TokenDelete' ? (args as Asked<'ACL.TokenDelete'>).TokenID : token?.AccessorID;
  const known = home.state().tables.aclTokens.first('accessor', fold(accessor ?? ''));
  return keepsTokens() && known?.Local === true ? datacenter : primary;
}
