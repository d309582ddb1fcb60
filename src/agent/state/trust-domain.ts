/** The name under which the certificates of the mesh are issued. */
import type { State } from './store.ts';
import type { WatchSet } from './watches.ts';

/** `<cluster id>.consul`. Until a certificate authority has made an id, one that follows from the datacenter. */
export function trustDomain(state: State, watch: WatchSet, datacenter: string): string {
  watch.topic('connect-ca-config');
  return `${state.tables.caConfig.get('')?.ClusterID || idOf(datacenter)}.consul`;
}

/** A UUID (version 8) of four FNV-1a hashes. */
function idOf(datacenter: string): string {
  let hex = '';
  for (let part = 0; part < 4; part++) {
    let hash = 0x811c9dc5;
    for (const char of `${part}/${datacenter}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    hex += hash.toString(16).padStart(8, '0');
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
