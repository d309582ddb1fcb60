/** Which requests go where. */
import { goQuote } from '../../lib/go-format.ts';
import type { ServiceRoute, ServiceRouteHTTPMatch, ServiceRouterConfigEntry } from '../discovery-chain.ts';
import { type EntryRules, firstFault } from './rules.ts';

export const routerRules: EntryRules<ServiceRouterConfigEntry> = {
  normalize: (entry) => ({ ...entry, Routes: entry.Routes?.map(normalRoute) ?? null }),
  fault: ({ Routes }) =>
    firstFault(Routes, (route, i) => {
      const fault = routeFault(route);
      return fault === null ? null : `Route[${i}] ${fault}`;
    }),
};

function normalRoute(route: ServiceRoute): ServiceRoute {
  const http = route.Match?.HTTP;
  if (http == null || http.Methods === null) return route;
  return { ...route, Match: { HTTP: { ...http, Methods: http.Methods.map((method) => method.toUpperCase()) } } };
}

function routeFault({ Match, Destination }: ServiceRoute): string | null {
  const http = Match?.HTTP ?? null;
  const fault = http === null ? null : matchFault(http);
  if (fault !== null) return fault;
  const hasPath = http !== null && (http.PathExact !== '' || http.PathPrefix !== '');
  if (Destination !== null && Destination.PrefixRewrite !== '' && !hasPath) {
    return 'cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix';
  }
  return null;
}

const given = (...values: readonly (string | boolean)[]): number =>
  values.filter((value) => value !== '' && value !== false).length;

function matchFault(http: ServiceRouteHTTPMatch): string | null {
  const { PathExact, PathPrefix, PathRegex } = http;
  if (given(PathExact, PathPrefix, PathRegex) > 1) {
    return 'should only contain at most one of PathExact, PathPrefix, or PathRegex';
  }
  if (PathExact !== '' && !PathExact.startsWith('/')) return `PathExact doesn't start with '/': ${goQuote(PathExact)}`;
  if (PathPrefix !== '' && !PathPrefix.startsWith('/')) {
    return `PathPrefix doesn't start with '/': ${goQuote(PathPrefix)}`;
  }
  return (
    firstFault(http.Header, (header, i) => {
      if (header.Name === '') return `Header[${i}] missing required Name field`;
      return given(header.Present, header.Exact, header.Prefix, header.Suffix, header.Regex) === 1
        ? null
        : `Header[${i}] should only contain one of Present, Exact, Prefix, Suffix, or Regex`;
    }) ??
    firstFault(http.QueryParam, (parameter, i) => {
      if (parameter.Name === '') return `QueryParam[${i}] missing required Name field`;
      return given(parameter.Present, parameter.Exact, parameter.Regex) === 1
        ? null
        : `QueryParam[${i}] should only contain one of Present, Exact, or Regex`;
    }) ??
    firstFault(http.Methods, (method, i) =>
      http.Methods!.indexOf(method) === i ? null : `Methods contains ${goQuote(method)} more than once`,
    )
  );
}
