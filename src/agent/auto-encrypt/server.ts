/** `auto_encrypt.allow_tls`: what a server does for agents that get their certificates from it. */
import type { Clock } from '../../lib/runtime.ts';
import type { SignedResponse } from '../../structs/connect.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { AgentTls } from '../tls/agent-tls.ts';
import { followRoots } from './follow-roots.ts';

/** What this server knows of how to talk to it, beside what the leader signed. */
export const withOwnPart = (signed: SignedResponse, tls: AgentTls, gossipKey: Uint8Array | null): SignedResponse => ({
  ...signed,
  ManualCARoots: [...tls.fileAuthorities],
  GossipKey: gossipKey === null ? '' : Buffer.from(gossipKey).toString('base64'),
  VerifyServerHostname: tls.settings.verifyServerHostname,
});

/** Trusts what the authority of the mesh signs: the certificates of those agents. The result ends that. */
export function trustRoots(rpc: RpcCaller, tls: AgentTls, clock: Clock): () => void {
  const stopped = new AbortController();
  void followRoots(rpc, clock, stopped.signal, ({ Roots }) =>
    tls.trustAlso((Roots ?? []).map(({ RootCert }) => RootCert)),
  );
  return () => stopped.abort();
}
