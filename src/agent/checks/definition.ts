/** What a check definition describes, and what is wrong with one. Pure. */
import type { CheckType } from '../../structs/catalog.ts';

export const statuses = ['passing', 'warning', 'critical'] as const;
export type Status = (typeof statuses)[number];

export const isStatus = (text: string): text is Status => (statuses as readonly string[]).includes(text);

export type CheckKind = 'alias' | 'docker' | 'grpc' | 'h2ping' | 'http' | 'script' | 'tcp' | 'ttl';

/** Checks more often than this are run at this pace. */
export const minIntervalMs = 1000;
/** `deregister_critical_service_after` is at least this. */
export const minDeregisterAfterMs = 60_000;

const hasScript = ({ ScriptArgs }: CheckType): boolean => ScriptArgs !== null && ScriptArgs.length > 0;
const isAlias = ({ AliasNode, AliasService }: CheckType): boolean => AliasNode !== '' || AliasService !== '';
const isPeriodic = (check: CheckType): boolean =>
  hasScript(check) || check.HTTP !== '' || check.TCP !== '' || check.GRPC !== '' || check.H2PING !== '';

/** Runs a program of this machine: needs the operator's leave. */
export const isScript = (check: CheckType): boolean => hasScript(check);

/** The text after "Invalid check: ", or null. */
export function checkFault(check: CheckType): string | null {
  if (check.Interval > 0 && check.TTL > 0) return 'Interval and TTL cannot both be specified';
  if (isPeriodic(check) && check.Interval <= 0) {
    return 'Interval must be > 0 for Script, HTTP, H2PING, or TCP checks';
  }
  if (!isPeriodic(check) && !isAlias(check) && check.TTL <= 0) return 'TTL must be > 0 for TTL checks';
  return check.OutputMaxSize < 0 ? 'MaxOutputMaxSize must be positive' : null;
}

/** Of a definition without fault. */
export function checkKind(check: CheckType): CheckKind {
  if (check.GRPC !== '') return 'grpc';
  if (check.HTTP !== '') return 'http';
  if (check.TTL > 0) return 'ttl';
  if (check.TCP !== '') return 'tcp';
  if (isAlias(check)) return 'alias';
  if (hasScript(check)) return check.DockerContainerID !== '' ? 'docker' : 'script';
  return 'h2ping';
}

/** Whether anything is described at all: `"Check": {}` is no check. */
export const describesCheck = (check: CheckType): boolean =>
  Object.values(check).some((value) => value !== '' && value !== 0 && value !== false && value !== null);
