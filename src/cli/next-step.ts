/**
 * What to do about a failed request: whose fault it was, what was said, and the next step. Shown below the error, and only
 * on a terminal: the error itself is what scripts match on.
 */
import type { Fault } from '../client/errors.ts';

/** As far as it matters here, an `ApiError`. */
export interface Failure {
  readonly fault: Fault;
  readonly status: number;
  /** What the server said, or the network. */
  readonly text: string;
  /** Whether a token was sent. */
  readonly hasToken: boolean;
}

interface Rule {
  readonly fault?: Fault;
  readonly status?: number;
  readonly says: RegExp;
  /** `$1` is what the pattern caught. */
  readonly advice: string | ((failure: Failure) => string);
}

const where = 'or name another agent with -http-addr (CONSUL_HTTP_ADDR)';

/** The first that fits is taken. */
const rules: readonly Rule[] = [
  {
    says: /^dial tcp (\S+): connect: connection refused/,
    advice: `Nothing listens on $1. Is the agent running? Start one with "tc agent -dev", ${where}.`,
  },
  {
    says: /^dial unix (.+): connect: (?:no such file|connection refused)/,
    advice: `No agent serves the socket $1. Start one that does ("addresses.http"), ${where}.`,
  },
  {
    says: /^dial tcp: lookup (\S+?):? .*no such host/,
    advice: `There is no host named $1: see -http-addr and CONSUL_HTTP_ADDR.`,
  },
  {
    says: /(?:no route to host|network is unreachable|connection timed out)/,
    advice: `The network does not get through to the agent: see its address in -http-addr or CONSUL_HTTP_ADDR, and firewalls on the way.`,
  },
  {
    says: /^x509: certificate signed by unknown authority/,
    advice: `The agent's certificate is from a CA that is not trusted here: name the CA's file with -ca-file (CONSUL_CACERT).`,
  },
  {
    says: /^x509: certificate is valid for (.+), not (.+)$/,
    advice: `The agent calls itself $1, not $2: ask for the right name with -tls-server-name (CONSUL_TLS_SERVER_NAME).`,
  },
  {
    says: /^x509: certificate has expired/,
    advice: `The agent's certificate needs renewal, or the clock of this machine is wrong.`,
  },
  {
    says: /server gave HTTP response to HTTPS client/,
    advice: `The agent speaks plain HTTP on this port: use http:// in -http-addr, or the port of HTTPS (8501).`,
  },
  {
    says: /client sent an HTTP request to an HTTPS server/i,
    advice: `The agent speaks HTTPS on this port: use https:// in -http-addr, or CONSUL_HTTP_SSL=true.`,
  },
  {
    says: /^remote error: tls: .*certificate/,
    advice: `The agent wants a certificate of yours: give one with -client-cert and -client-key.`,
  },
  {
    fault: 'network',
    says: /^(?:EOF|read tcp|write tcp)/,
    advice: `The agent ended the connection. Is it being stopped? Its log says more.`,
  },
  { says: /Client\.Timeout/, advice: `The agent took too long to answer. "tc doctor" looks for why.` },
  {
    status: 403,
    says: /ACL not found/,
    advice: `The servers do not know the token that was sent: deleted, expired, or of another cluster. Give another with -token (CONSUL_HTTP_TOKEN).`,
  },
  { status: 403, says: /^(.*)/, advice: (failure) => `The agent says: "${failure.text}". ${aboutToken(failure)}` },
  {
    status: 401,
    says: /ACL support disabled/,
    advice: `The agent runs without ACLs: "acl.enabled" in its configuration.`,
  },
  {
    says: /No path to datacenter/,
    advice: `The servers know no such datacenter: "tc catalog datacenters" lists those they know, "tc members -wan" who is in them.`,
  },
  {
    says: /No known Consul servers/,
    advice: `The agent is a client that knows no server: "tc join ADDRESS" of one makes them known.`,
  },
  {
    says: /No cluster leader/,
    advice: `The servers have no leader, so nothing can be written. "tc operator raft list-peers -stale" shows who votes, "tc doctor" looks for why. Reads work with -stale.`,
  },
  {
    says: /too large/,
    advice: `The agent takes no request this big: "limits.kv_max_value_size" and "limits.txn_max_req_len" in its configuration.`,
  },
  {
    fault: 'cluster',
    says: /^(.*)/,
    advice: ({ text }) => `The servers could not do it${said(text)}. "tc doctor" looks for why.`,
  },
];

const aboutToken = ({ hasToken }: Failure): string =>
  hasToken
    ? `The token that was sent may not do this: "tc acl token read -self" shows what it may.`
    : `No token was sent: give one with -token, -token-file or CONSUL_HTTP_TOKEN.`;

const said = (text: string): string => (text === '' ? '' : `: "${text}"`);

/** One line, or undefined where the error says it all. */
export function nextStep(failure: Failure): string | undefined {
  for (const { fault, status, says, advice } of rules) {
    if (fault !== undefined && fault !== failure.fault) continue;
    if (status !== undefined && status !== failure.status) continue;
    const match = says.exec(failure.text);
    if (match === null) continue;
    if (typeof advice === 'function') return advice(failure);
    return advice.replaceAll(/\$(\d)/g, (_whole, group: string) => match[Number(group)] ?? '');
  }
  return undefined;
}
