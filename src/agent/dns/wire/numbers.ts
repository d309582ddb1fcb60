/** Numbers of the protocol (IANA's DNS parameters) and their names in logs. */

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  AXFR: 252,
  ANY: 255,
} as const;

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

export const OPCODE = { query: 0, notify: 4 } as const;

/** Bits of the second word of a header. */
export const FLAG = { qr: 0x8000, aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x0080, ad: 0x0020, cd: 0x0010 } as const;

export const classIn = 1;
export const headerBytes = 12;
/** What every resolver takes over UDP (RFC 1035, 2.3.4). */
export const plainUdpBytes = 512;
/** A message on TCP has a length of two bytes before it. */
export const maxMessageBytes = 65_535;

const typeNames = new Map<number, string>(Object.entries(TYPE).map(([name, type]) => [type, name]));
const classNames = new Map([
  [1, 'IN'],
  [3, 'CH'],
  [4, 'HS'],
  [254, 'NONE'],
  [255, 'ANY'],
]);

export const typeName = (type: number): string => typeNames.get(type) ?? `TYPE${type}`;
export const className = (number: number): string => classNames.get(number) ?? `CLASS${number}`;
