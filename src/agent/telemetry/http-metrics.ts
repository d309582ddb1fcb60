/** Timings of HTTP requests under the two names Consul gives them. */
import type { Metrics } from './api.ts';

/** Takes the duration of one request in milliseconds. */
export type RequestTimer = (elapsedMs: number) => void;

/**
 * The timer of a route, to be made once per method. The pattern is Consul's: '/v1/kv/' where a key follows. Names:
 * `api.http` with labels method=GET, path=v1_kv_, and until 1.9 `http.GET.v1.kv._`.
 */
export function httpMetrics(metrics: Metrics, method: string, pattern: string, compat19: boolean): RequestTimer {
  const labeled = metrics.sample('api.http', { method, path: pattern.slice(1).replaceAll('/', '_') });
  if (!compat19) return labeled;
  const parts = pattern.slice(1).split('/');
  const named = metrics.sample(['http', method, ...parts.map((part) => (part === '' ? '_' : part))].join('.'));
  return (elapsedMs) => {
    labeled(elapsedMs);
    named(elapsedMs);
  };
}
