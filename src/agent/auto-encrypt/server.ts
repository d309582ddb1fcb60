/** `auto_encrypt.allow_tls`: what a server does for agents that get their certificates from it. */
import type { Clock } from '../../lib/runtime.ts';
import type { SignedResponse } from '../../structs/connect.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { AgentTls } from '../tls/agent-tls.ts';

const retryMs = 5_000;

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
  const { signal } = stopped;
  const follow = async (): Promise<void> => {
    let index = 0;
    while (!signal.aborted) {
      try {
        const { reply, meta } = await rpc.call(
          'ConnectCA.Roots',
          { MinQueryIndex: index, AllowStale: true },
          { signal },
        );
        index = meta.Index;
        tls.trustAlso((reply.Roots ?? []).map(({ RootCert }) => RootCert));
      } catch {
        index = 0;
      }
      // There is no leader yet, or none any more, or no authority: what has no index cannot be waited on.
      if (index <= 1) {
        await new Promise<void>((done) => {
          const timer = clock.after(retryMs, done);
          signal.addEventListener('abort', () => {
            timer.cancel();
            done();
          });
        });
      }
    }
  };
  void follow();
  return () => stopped.abort();
}
