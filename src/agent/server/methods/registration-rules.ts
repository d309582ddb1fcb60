/** What a node or service may not say when it registers. Null means: nothing wrong. */
import type { NodeService } from '../../../structs/catalog.ts';
import { faultList, isAnyAddress, kindFaults } from '../../../structs/service-faults.ts';

export function nodeFault(name: string, id: string): string | null {
  if (name === '') return 'Must provide node';
  return id === '' ? null : idFault(id);
}

function idFault(id: string): string | null {
  if (id.length !== 36) return 'Bad node ID: uuid string is wrong length';
  if (/^.{8}-.{4}-.{4}-.{4}-.{12}$/.test(id) && /^[0-9a-f-]+$/i.test(id)) return null;
  return 'Bad node ID: uuid is improperly formatted';
}

export function serviceFault(service: NodeService): string | null {
  const faults = faultList(kindFaults(service));
  if (faults !== null) return faults;
  if (service.ID !== '' && service.Service === '') return 'Must provide service name with ID';
  return isAnyAddress(service.Address) ? 'Invalid service address' : null;
}
