/** Who a service account of Kubernetes is, by the word of its API server (TokenReview, authentication.k8s.io/v1). */
import { messageOf } from '../../lib/message-of.ts';
import { AuthMethodError, type KubernetesConfig } from './auth-methods.ts';
import type { JsonClient, JsonReply } from './json-client.ts';

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** An account may go by another name in the mesh. */
const nameAnnotation = 'consul.hashicorp.com/service-name';

interface TokenReview {
  readonly status?: {
    readonly authenticated?: unknown;
    readonly error?: unknown;
    readonly user?: { readonly username?: unknown; readonly uid?: unknown };
  };
}
interface AccountObject {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, unknown>> | null };
}

/** @throws AuthMethodError for somebody whom Kubernetes does not know, or when it cannot be asked */
export async function reviewToken(
  { host, ca, jwt }: KubernetesConfig,
  bearerToken: string,
  fetch: JsonClient,
  signal?: AbortSignal,
): Promise<ServiceAccount> {
  const base = host.replace(/\/+$/, '');
  const headers = { Authorization: `Bearer ${jwt}` };
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    let reply: JsonReply;
    try {
      const post = body === undefined ? {} : ({ method: 'POST', body } as const);
      reply = await fetch({ url: base + path, headers, ca, ...post }, signal);
    } catch (error) {
      throw new AuthMethodError(`lookup failed: ${messageOf(error)}`, { cause: error });
    }
    if (reply.status === 200 || reply.status === 201) return reply.json;
    const { message } = (reply.json ?? {}) as { readonly message?: unknown };
    throw new AuthMethodError(`lookup failed: ${typeof message === 'string' ? message : `status ${reply.status}`}`);
  };
  const apiVersion = 'authentication.k8s.io/v1';
  const review = { apiVersion, kind: 'TokenReview', spec: { token: bearerToken } };
  const { status = {} } = ((await ask(`/apis/${apiVersion}/tokenreviews`, review)) ?? {}) as TokenReview;
  if (typeof status.error === 'string' && status.error !== '') {
    throw new AuthMethodError(`lookup failed: ${status.error}`);
  }
  if (status.authenticated !== true) throw new AuthMethodError('lookup failed: service account jwt not valid');
  const { username = '', uid = '' } = status.user ?? {};
  const [, namespace, name] = /^system:serviceaccount:([^:/]+):([^:/]+)$/.exec(String(username)) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new AuthMethodError('lookup failed: unexpected username format');
  }
  const account = await ask(
    `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`,
  );
  const chosen = ((account ?? {}) as AccountObject).metadata?.annotations?.[nameAnnotation];
  return { namespace, name: typeof chosen === 'string' && chosen !== '' ? chosen : name, uid: String(uid) };
}
