/** How the intention commands name intentions, and what they take as their ends. */
import type { Intention } from '../client/intentions.ts';
import { CliError } from './command.ts';

const qualified = (namespace: string | undefined, name: string): string =>
  namespace === undefined || namespace === '' || namespace === 'default' ? name : `${namespace}/${name}`;

export const sourceOf = ({ SourceNS, SourceName }: Intention): string => qualified(SourceNS, SourceName);
export const destinationOf = ({ DestinationNS, DestinationName }: Intention): string =>
  qualified(DestinationNS, DestinationName);

/** `web => db (allow)` */
export function intentionText(intention: Intention): string {
  const { Action, Permissions } = intention;
  const count = Permissions?.length ?? 0;
  const does = count === 0 ? (Action ?? '') : `${count} permission${count === 1 ? '' : 's'}`;
  return `${sourceOf(intention)} => ${destinationOf(intention)} (${does})`;
}

/** `name` or `namespace/name`. */
export function intentionEnd(text: string, which: 'source' | 'destination'): { namespace: string; name: string } {
  const parts = text.split('/');
  if (parts.length > 2) {
    throw new CliError(`Error: Invalid intention ${which}: target can contain at most one '/'`);
  }
  return parts.length === 2 ? { namespace: parts[0]!, name: parts[1]! } : { namespace: '', name: text };
}
