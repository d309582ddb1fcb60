/** Sessions, the holders of locks. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, RaftIndex, WriteRequest } from './common.ts';
import { dur, type Infer, jsonStruct, omitEmpty, slice, str, struct } from './schema.ts';

export const ServiceCheck = struct('ServiceCheck', {
  ID: str,
  Namespace: str,
});
export type ServiceCheck = Infer<typeof ServiceCheck>;

export const Session = jsonStruct(
  struct('Session', {
    ID: str,
    Name: str,
    Node: str,
    LockDelay: dur,
    Behavior: str,
    TTL: str,
    NodeChecks: slice(str),
    ServiceChecks: slice(ServiceCheck),
    Checks: omitEmpty(slice(str)),
    ...RaftIndex.type.fields,
  }),
  { goType: 'struct { LockDelay interface {}; *structs.Alias }', unmarshaler: 'lenient' },
);
export type Session = Infer<typeof Session>;

export const SessionRequest = struct('SessionRequest', {
  Datacenter: str,
  Op: str,
  Session: Session,
  ...WriteRequest.type.fields,
});
export type SessionRequest = Infer<typeof SessionRequest>;

export const SessionSpecificRequest = struct('SessionSpecificRequest', {
  Datacenter: str,
  SessionID: str,
  Session: str,
  ...QueryOptions.type.fields,
});
export type SessionSpecificRequest = Infer<typeof SessionSpecificRequest>;

export const IndexedSessions = struct('IndexedSessions', {
  Sessions: slice(Session),
  ...QueryMeta.type.fields,
});
export type IndexedSessions = Infer<typeof IndexedSessions>;
