/** Members of a gossip pool as agent/members shows them. */
import { type Infer, map, str, struct, u8, u32 } from '../../structs/schema.ts';
import { type Member, statusCode } from '../gossip/member.ts';

export const MemberJson = struct('Member', {
  Name: str,
  Addr: str,
  Port: u32,
  Tags: map(str),
  Status: u8,
  ProtocolMin: u8,
  ProtocolMax: u8,
  ProtocolCur: u8,
  DelegateMin: u8,
  DelegateMax: u8,
  DelegateCur: u8,
});
export type MemberJson = Infer<typeof MemberJson>;

export const memberJson = ({ name, address, port, tags, status, protocol, delegate }: Member): MemberJson => ({
  Name: name,
  Addr: address,
  Port: port,
  Tags: { ...tags },
  Status: statusCode[status],
  ProtocolMin: protocol.min,
  ProtocolMax: protocol.max,
  ProtocolCur: protocol.current,
  DelegateMin: delegate.min,
  DelegateMax: delegate.max,
  DelegateCur: delegate.current,
});
