/**
 * `auto_encrypt.tls`: a client agent that has no certificate gets one from the servers before it does anything else, and a new one
 * before its time is over or when the authority has another root. Its key is made here and leaves this process never.
 */
import tls from 'node:tls';
import { joinHostPort } from '../../lib/host-port.ts';
import { messageOf } from '../../lib/message-of.ts';
import { pause } from '../../lib/pause.ts';
import type { Runtime } from '../../lib/runtime.ts';
import { opened, type Sockets } from '../../lib/sockets.ts';
import { createCsr, generateKey, parseCertificate, privateKeyPem } from '../../lib/x509/index.ts';
import type { CASignRequest, IndexedCARoots, SignedResponse } from '../../structs/connect.ts';
import { formatIdentity } from '../../structs/identity.ts';
import { make } from '../../structs/make.ts';
import type { Config } from '../config/config.ts';
import { parseJoinTarget, resolveJoinTarget } from '../gossip/join-address.ts';
import { textOfAddr } from '../gossip/memberlist/transport.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import { firstBytes } from '../rpc/listener.ts';
import { signatures } from '../rpc/signatures.ts';
import { streamOf } from '../rpc/socket.ts';
import { StreamClient } from '../rpc/stream-client.ts';
import type { Logger } from '../telemetry/api.ts';
import type { AgentTls } from '../tls/agent-tls.ts';
import { followRoots } from './follow-roots.ts';

export interface EnrolmentOptions {
  readonly config: Config;
  readonly tls: AgentTls;
  readonly sockets: Sockets;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** With the right to write this node; '' where there is none. */
  readonly token: () => string;
}

/** Nobody has said yet under which name the certificates of this cluster are issued; the servers put theirs in. */
const unknownTrustDomain = 'dummy.trustdomain';
const callTimeoutMs = 10_000;
const retryMs = { first: 1_000, longest: 30_000 };
/** Renewed somewhere in this part of its life, so that not all agents come at once. */
const renewal = { from: 0.6, to: 0.9 };

/** What came with the certificate. */
export interface Enrolment {
  /** Base64; '' where gossip is not encrypted. */
  readonly gossipKey: string;
  /** Of the authority that signed it. */
  readonly rootId: string;
}

/** Resolves with the first certificate in use: it goes on until a server gives one. */
export async function enrol(options: EnrolmentOptions): Promise<Enrolment> {
  const { config, logger, runtime } = options;
  const log = logger.named('auto_encrypt');
  for (let waitMs = retryMs.first; ; waitMs = Math.min(waitMs * 2, retryMs.longest)) {
    for (const address of await serverAddresses(config, log)) {
      try {
        const { request, key } = await requestFor(options);
        const reply = await askForFirst(options, address, request);
        use(options, reply, key);
        return { gossipKey: reply.GossipKey, rootId: reply.ConnectCARoots.ActiveRootID };
      } catch (error) {
        log.error('AutoEncrypt.Sign RPC failed', { addr: address, error: messageOf(error) });
      }
    }
    await new Promise<void>((done) => runtime.clock.after(waitMs * (0.5 + runtime.random.float() / 2), done));
  }
}

/** Keeps it valid. The result ends that. */
export function keepEnrolled(options: EnrolmentOptions, { rootId }: Enrolment, rpc: RpcCaller): () => void {
  const { runtime, tls: agentTls, logger } = options;
  const { clock, random } = runtime;
  const log = logger.named('auto_encrypt');
  const stopped = new AbortController();
  const { signal } = stopped;
  const renew = async (): Promise<void> => {
    try {
      const { request, key } = await requestFor(options);
      use(options, (await rpc.call('AutoEncrypt.Sign', request, { signal })).reply, key);
      log.info('automatically renewed the certificate of this agent');
    } catch (error) {
      if (!signal.aborted) log.error('failed to renew the certificate of this agent', { error: messageOf(error) });
      throw error;
    }
  };
  const byTime = async (): Promise<void> => {
    while (!signal.aborted) {
      const { notBefore, notAfter } = parseCertificate(agentTls.enrolledPair?.cert ?? '');
      const share = renewal.from + random.float() * (renewal.to - renewal.from);
      const dueMs = notBefore.getTime() + share * (notAfter.getTime() - notBefore.getTime()) - clock.wallMs();
      await pause(clock, Math.max(dueMs, retryMs.longest), signal);
      // Said already; it stays due.
      if (!signal.aborted) await renew().catch(() => {});
    }
  };
  let active = rootId;
  const byRoots = async ({ ActiveRootID }: IndexedCARoots): Promise<void> => {
    if (ActiveRootID === '' || ActiveRootID === active) return;
    await renew();
    active = ActiveRootID;
  };
  void byTime();
  void followRoots(rpc, clock, signal, byRoots);
  return () => stopped.abort();
}

/** Every address of those whom the configuration says to join, at the servers' port. */
async function serverAddresses({ joins, ports }: Config, log: Logger): Promise<string[]> {
  const found: string[] = [];
  for (const text of [...joins.lan.start, ...joins.lan.retry]) {
    try {
      const { host } = parseJoinTarget(text, ports.server);
      for (const { addr } of await resolveJoinTarget({ host, port: ports.server }))
        found.push(joinHostPort(textOfAddr(addr), ports.server));
    } catch (error) {
      log.error('failed to resolve host', { host: text, error: messageOf(error) });
    }
  }
  return [...new Set(found)];
}

interface Asked {
  readonly request: CASignRequest;
  /** PEM. */
  readonly key: string;
}

async function requestFor({ config, token }: EnrolmentOptions): Promise<Asked> {
  const key = await generateKey();
  const { dnsSan, ipSan } = config.tls.autoEncrypt;
  const { datacenter, nodeName } = config;
  const identity = { kind: 'agent', trustDomain: unknownTrustDomain, datacenter, node: nodeName } as const;
  const CSR = createCsr({
    subject: {},
    altNames: {
      dns: ['localhost', ...dnsSan],
      ips: ['127.0.0.1', '::1', ...ipSan],
      uris: [formatIdentity(identity)],
    },
    key,
  });
  const args = signatures['AutoEncrypt.Sign'].args;
  return { request: make(args, { Datacenter: datacenter, CSR, Token: token() }), key: privateKeyPem(key) };
}

/** Over a connection of its own, on which nothing else can be asked and nobody has to show a certificate but the server. */
async function askForFirst(
  { tls: agentTls, config, sockets }: EnrolmentOptions,
  address: string,
  request: CASignRequest,
): Promise<SignedResponse> {
  const { host, port } = splitAddress(address);
  const plain = sockets.connect({ host, port, noDelay: true });
  plain.write(Uint8Array.of(firstBytes.enrolment));
  const socket = tls.connect({ ...agentTls.enrolling(config.datacenter), socket: plain });
  plain.on('error', (error) => socket.destroy(error));
  socket.on('error', () => {});
  socket.on('close', () => plain.destroy());
  const signal = AbortSignal.timeout(callTimeoutMs);
  try {
    await opened(socket, signal);
    return await new StreamClient(streamOf(socket, null)).call('AutoEncrypt.Sign', request, signal);
  } finally {
    socket.destroy();
  }
}

function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

function use({ tls: agentTls }: EnrolmentOptions, reply: SignedResponse, key: string): void {
  const { IssuedCert, ConnectCARoots, ManualCARoots, VerifyServerHostname } = reply;
  const roots = (ConnectCARoots.Roots ?? []).flatMap(({ RootCert, IntermediateCerts }) => [
    RootCert,
    ...(IntermediateCerts ?? []),
  ]);
  agentTls.enrol({
    pair: { cert: IssuedCert.CertPEM, key },
    authorities: [...(ManualCARoots ?? []), ...roots],
    verifyServerHostname: VerifyServerHostname,
  });
}
