/** The queries that Serf answers by itself, named `_serf_...`: ping, conflict and the keys (wire facts of Serf, section 6). */
import { messageOf } from '../../../lib/message-of.ts';
import type { Keyring } from '../memberlist/keyring.ts';
import { KeyringError } from '../memberlist/keyring.ts';
import type { Member, MemberStatus } from './core/members.ts';
import { ConflictResponse, decodeSerf, encodeSerf, KeyRequest, KeyResponse } from './messages.ts';

export const internalPrefix = '_serf_';

export type KeyOperation = 'install-key' | 'use-key' | 'remove-key' | 'list-keys';
export const keyOperations: readonly KeyOperation[] = ['install-key', 'use-key', 'remove-key', 'list-keys'];

const statusNumbers = { none: 0, alive: 1, leaving: 2, left: 3, failed: 4 } as const satisfies Record<
  MemberStatus,
  number
>;
const mappedIpv4 = Buffer.from('00000000000000000000ffff', 'hex');

/**
 * Two nodes have the same name, and one of them asks who is meant: the answer is the member as this node knows it. The original's agents
 * end where most answers name the other; Consul's never ask. A node does not judge in its own case: null.
 */
export function answerConflictQuery(
  payload: Uint8Array | null,
  self: string,
  find: (name: string) => Member | undefined,
): Uint8Array | null {
  const name = Buffer.from(payload ?? []).toString();
  if (name === self) return null;
  const member = find(name);
  if (member === undefined) return encodeSerf('conflictResponse', ConflictResponse, null);
  const { addr, port, tags, status, vsn } = member;
  const [ProtocolMin = 0, ProtocolMax = 0, ProtocolCur = 0, DelegateMin = 0, DelegateMax = 0, DelegateCur = 0] = vsn;
  return encodeSerf('conflictResponse', ConflictResponse, {
    Name: name,
    Addr: addr.length === 4 ? Buffer.concat([mappedIpv4, addr]) : addr,
    Port: port,
    Tags: tags,
    Status: statusNumbers[status],
    ...{ ProtocolMin, ProtocolMax, ProtocolCur, DelegateMin, DelegateMax, DelegateCur },
  });
}

const base64 = (key: Uint8Array): string => Buffer.from(key).toString('base64');
/** Where a list that does not fit starts being cut: about as many keys as 25 bytes each would fill. */
const listedKeysAtMost = Math.floor(1024 / 25);

/** Carries out a key operation on this node and makes the answer. `save` writes the changed ring to disk. */
export function answerKeyQuery(
  operation: KeyOperation,
  payload: Uint8Array | null,
  ring: Keyring | null,
  save: (ring: Keyring) => void,
  responseLimitBytes: number,
): Uint8Array {
  const answer: KeyResponse = { Result: false, Message: '', Keys: null, PrimaryKey: '' };
  if (ring === null) {
    answer.Message =
      operation === 'list-keys'
        ? 'Keyring is empty (encryption not enabled)'
        : 'No keyring to modify (encryption not enabled)';
    return encodeSerf('keyResponse', KeyResponse, answer);
  }
  if (operation === 'list-keys') return listKeys(ring, responseLimitBytes);
  const key = payload === null ? null : decodeSerf(KeyRequest, payload).Key;
  try {
    if (operation === 'install-key') ring.add(key ?? new Uint8Array(0));
    else if (operation === 'use-key') ring.use(key ?? new Uint8Array(0));
    else ring.remove(key ?? new Uint8Array(0));
    answer.Message = saved(ring, save);
    answer.Result = answer.Message === '';
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    answer.Message = error.message;
  }
  return encodeSerf('keyResponse', KeyResponse, answer);
}

/** Why it could not be written, '' if it was: then it counts until the next start only, and whoever asked has to know. */
function saved(ring: Keyring, save: (ring: Keyring) => void): string {
  try {
    save(ring);
    return '';
  } catch (error) {
    return `Failed to write keyring file: ${messageOf(error)}`;
  }
}

function listKeys(ring: Keyring, limitBytes: number): Uint8Array {
  const keys = ring.keys.map(base64);
  const PrimaryKey = keys[0] ?? '';
  const whole = encodeSerf('keyResponse', KeyResponse, { Result: true, Message: '', Keys: keys, PrimaryKey });
  if (whole.length <= limitBytes) return whole;
  for (let n = Math.min(keys.length, listedKeysAtMost); n > 0; n--) {
    const Message = `truncated key list response, showing first ${n} of ${keys.length} keys`;
    const cut = encodeSerf('keyResponse', KeyResponse, { Result: true, Message, Keys: keys.slice(0, n), PrimaryKey });
    if (cut.length <= limitBytes) return cut;
  }
  return whole;
}
