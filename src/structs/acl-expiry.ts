/** The end of tokens. */
import type { ACLToken } from './acl.ts';

/** When a token ends, in epoch milliseconds; Infinity for tokens that last. */
export const expiryOf = ({ ExpirationTime }: Pick<ACLToken, 'ExpirationTime'>): number =>
  ExpirationTime === null ? Number.POSITIVE_INFINITY : Date.parse(ExpirationTime);
