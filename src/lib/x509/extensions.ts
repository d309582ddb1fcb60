/** The extensions of version 3 certificates (RFC 5280, 4.2) that certificates of agents and services have. */
import { formatIp, parseIp } from '../sockaddr/ip.ts';
import { contextTag, DerError, DerValue, der, tagged } from './der.ts';
import { X509Error } from './errors.ts';
import { extensionIds, extKeyUsages } from './oids.ts';

export interface AltNames {
  readonly dns?: readonly string[];
  readonly emails?: readonly string[];
  readonly ips?: readonly string[];
  readonly uris?: readonly string[];
}

/** Bits of KeyUsage. */
const keyUsageBits = {
  digitalSignature: 0,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  certSign: 5,
  crlSign: 6,
};

export type KeyUsage = keyof typeof keyUsageBits;
export type ExtKeyUsage = keyof typeof extKeyUsages;

export interface Extensions {
  readonly keyUsage?: readonly KeyUsage[];
  readonly extKeyUsage?: readonly ExtKeyUsage[];
  /** Authorities may limit how many more may follow below them. Absent: no authority. */
  readonly authority?: { readonly pathLength?: number };
  readonly altNames?: AltNames;
  /** Of an authority: domains whose names it may certify, with all below them. */
  readonly permittedDomains?: readonly string[];
  readonly subjectKeyId: Uint8Array;
  readonly authorityKeyId: Uint8Array;
}

const extension = (id: keyof typeof extensionIds, value: Uint8Array, isCritical = false): Uint8Array =>
  der.sequence(der.oid(extensionIds[id]), ...(isCritical ? [der.boolean(true)] : []), der.octets(value));

/** Named bits: without trailing zeros, as DER wants them. */
function encodeKeyUsage(usages: readonly KeyUsage[]): Uint8Array {
  let byte = 0;
  for (const usage of usages) byte |= 0x80 >> keyUsageBits[usage];
  const unusedBits = byte === 0 ? 0 : 31 - Math.clz32(byte & -byte);
  return der.bits(byte === 0 ? new Uint8Array() : Uint8Array.of(byte), unusedBits);
}

function ipBytes(ip: string): Uint8Array {
  const bytes = parseIp(ip);
  if (bytes === undefined) throw new X509Error(`no IP address: ${JSON.stringify(ip)}`);
  return Uint8Array.from(bytes);
}

/** Tags of GeneralName. */
const generalName = {
  email: contextTag.primitive(1),
  dns: contextTag.primitive(2),
  uri: contextTag.primitive(6),
  ip: contextTag.primitive(7),
} as const;

export function encodeAltNames({ dns = [], emails = [], ips = [], uris = [] }: AltNames): Uint8Array {
  return der.sequence(
    ...dns.map((name) => tagged(generalName.dns, der.ascii(name))),
    ...emails.map((email) => tagged(generalName.email, der.ascii(email))),
    ...ips.map((ip) => tagged(generalName.ip, ipBytes(ip))),
    ...uris.map((uri) => tagged(generalName.uri, der.ascii(uri))),
  );
}

/** Kinds of names that are not in `AltNames` are left out. */
function decodeAltNames(value: Uint8Array): Required<AltNames> {
  const names = DerValue.parse(value).sequence();
  const of = (tag: number) => names.filter((name) => name.tag === tag);
  return {
    dns: of(generalName.dns).map((name) => name.text()),
    emails: of(generalName.email).map((name) => name.text()),
    ips: of(generalName.ip).map(({ content }) => {
      if (content.length !== 4 && content.length !== 16) throw new DerError('IP address of 4 or 16 bytes expected');
      return formatIp([...content]);
    }),
    uris: of(generalName.uri).map((name) => name.text()),
  };
}

const countOf = (names: AltNames): number => Object.values(names).reduce((sum, list) => sum + list.length, 0);

/** GeneralSubtrees: each a base name; minimum and maximum are never written. */
const permitted = (domains: readonly string[]): Uint8Array =>
  der.sequence(
    tagged(
      contextTag.constructed(0),
      ...domains.map((domain) => der.sequence(tagged(generalName.dns, der.ascii(domain)))),
    ),
  );

function decodePermitted(value: Uint8Array): readonly string[] | null {
  const subtrees = DerValue.parse(value)
    .sequence()
    .find(({ tag }) => tag === contextTag.constructed(0));
  const bases = subtrees?.children().flatMap((subtree) => subtree.sequence().slice(0, 1)) ?? [];
  const domains = bases.filter(({ tag }) => tag === generalName.dns).map((base) => base.text());
  return domains.length === 0 ? null : domains;
}

/** The sequence of all of them. Usages and constraints are critical: who does not know them must not trust. */
export function encodeExtensions(wanted: Extensions): Uint8Array {
  const { keyUsage = [], extKeyUsage = [], authority, altNames = {}, permittedDomains = [] } = wanted;
  const all: Uint8Array[] = [];
  if (keyUsage.length > 0) all.push(extension('keyUsage', encodeKeyUsage(keyUsage), true));
  if (extKeyUsage.length > 0)
    all.push(extension('extKeyUsage', der.sequence(...extKeyUsage.map((usage) => der.oid(extKeyUsages[usage])))));
  const { pathLength } = authority ?? {};
  const constraints = [
    ...(authority === undefined ? [] : [der.boolean(true)]),
    ...(pathLength === undefined ? [] : [der.integer(BigInt(pathLength))]),
  ];
  all.push(extension('basicConstraints', der.sequence(...constraints), true));
  all.push(extension('subjectKeyId', der.octets(wanted.subjectKeyId)));
  all.push(extension('authorityKeyId', der.sequence(tagged(contextTag.primitive(0), wanted.authorityKeyId))));
  if (countOf(altNames) > 0) all.push(extension('altNames', encodeAltNames(altNames)));
  if (permittedDomains.length > 0) all.push(extension('nameConstraints', permitted(permittedDomains), true));
  return der.sequence(...all);
}

/** What a CSR asks for: names alone. The rest is for who signs to decide. */
export const encodeRequestedExtensions = (altNames: AltNames): Uint8Array =>
  countOf(altNames) === 0 ? der.sequence() : der.sequence(extension('altNames', encodeAltNames(altNames)));

export interface DecodedExtensions {
  readonly altNames: Required<AltNames>;
  readonly isAuthority: boolean;
  /** null when there is none. */
  readonly subjectKeyId: Uint8Array | null;
  readonly authorityKeyId: Uint8Array | null;
  /** OIDs; null when the certificate is good for everything. */
  readonly extKeyUsage: readonly string[] | null;
  /** null when an authority may certify any name. */
  readonly permittedDomains: readonly string[] | null;
}

export const noExtensions: DecodedExtensions = {
  altNames: { dns: [], emails: [], ips: [], uris: [] },
  isAuthority: false,
  subjectKeyId: null,
  authorityKeyId: null,
  extKeyUsage: null,
  permittedDomains: null,
};

/** @throws DerError */
export function decodeExtensions(extensions: DerValue): DecodedExtensions {
  const values = new Map(
    extensions.sequence().map((each) => {
      const parts = each.sequence();
      const [id, value] = [parts[0], parts.at(-1)];
      if (id === undefined || value === undefined) throw new DerError('empty extension');
      return [id.oid(), value.octets()] as const;
    }),
  );
  const read = <T, N>(id: keyof typeof extensionIds, none: N, decode: (value: Uint8Array) => T): T | N => {
    const value = values.get(extensionIds[id]);
    return value === undefined ? none : decode(value);
  };
  return {
    altNames: read('altNames', noExtensions.altNames, decodeAltNames),
    isAuthority: read('basicConstraints', false, (value) => {
      const [first] = DerValue.parse(value).sequence();
      return first?.tag === 0x01 && first.boolean();
    }),
    subjectKeyId: read('subjectKeyId', null, (value) => DerValue.parse(value).octets()),
    authorityKeyId: read('authorityKeyId', null, (value) => {
      const parts = DerValue.parse(value).sequence();
      return parts.find((part) => part.tag === contextTag.primitive(0))?.content ?? null;
    }),
    extKeyUsage: read('extKeyUsage', null, (value) =>
      DerValue.parse(value)
        .sequence()
        .map((usage) => usage.oid()),
    ),
    permittedDomains: read('nameConstraints', null, decodePermitted),
  };
}
