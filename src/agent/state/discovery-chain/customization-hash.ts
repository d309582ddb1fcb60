/**
 * The name of a set of overrides: FNV-1 over the fields of a nameless struct, each field an ordered pair of name and value,
 * the fields combined by XOR. The first eight hexadecimal digits are shown.
 */

export interface Customization {
  readonly meshGatewayMode: string;
  readonly protocol: string;
  readonly connectTimeoutNs: number;
}

const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = (1n << 64n) - 1n;

function fnv1(bytes: Uint8Array): bigint {
  let hash = offset;
  for (const byte of bytes) hash = ((hash * prime) & mask) ^ BigInt(byte);
  return hash;
}

function words(...values: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [i, value] of values.entries()) view.setBigUint64(8 * i, BigInt.asUintN(64, value), true);
  return new Uint8Array(view.buffer);
}

const ofText = (text: string): bigint => fnv1(new TextEncoder().encode(text));
const ofNumber = (number: number): bigint => fnv1(words(BigInt(number)));

function ofStruct(name: string, fields: Readonly<Record<string, bigint>>): bigint {
  let hash = ofText(name);
  for (const [field, value] of Object.entries(fields)) hash ^= fnv1(words(ofText(field), value));
  return hash;
}

export function customizationHash({ meshGatewayMode, protocol, connectTimeoutNs }: Customization): string {
  const hash = ofStruct('', {
    OverrideMeshGateway: ofStruct('MeshGatewayConfig', { Mode: ofText(meshGatewayMode) }),
    OverrideProtocol: ofText(protocol),
    OverrideConnectTimeout: ofNumber(connectTimeoutNs),
  });
  return hash.toString(16).slice(0, 8);
}
