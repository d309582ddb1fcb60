/** The name under which the certificates of the mesh are issued. */
import type { State } from './store.ts';
import type { WatchSet } from './watches.ts';

/** `<cluster id>.consul`; null until the certificate authority has given the cluster its id. */
export function trustDomain(state: State, watch: WatchSet): string | null {
  watch.topic('connect-ca-config');
  const clusterId = state.tables.caConfig.get('')?.ClusterID ?? '';
  return clusterId === '' ? null : `${clusterId}.consul`;
}
