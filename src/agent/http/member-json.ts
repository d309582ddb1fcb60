/** A member of a gossip pool as agent/members shows it. */
import { type Infer, map, str, struct, u8, u32 } from '../../structs/schema.ts';

export const Member = struct('Member', {
  Name: str,
  Addr: str,
  Port: u32,
  Tags: map(str),
  /** 0 none, 1 alive, 2 leaving, 3 left, 4 failed. */
  Status: u8,
  ProtocolMin: u8,
  ProtocolMax: u8,
  ProtocolCur: u8,
  DelegateMin: u8,
  DelegateMax: u8,
  DelegateCur: u8,
});
export type Member = Infer<typeof Member>;
