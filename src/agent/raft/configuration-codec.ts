/**
 * The body of a configuration entry: `{Servers []{Address str, ID str, Suffrage int}}` in MessagePack (wire/raft,
 * section 2). One fixed shape, so it needs no general codec.
 */
import type { RaftServer, Suffrage } from './api.ts';
import type { ConfigurationCodec } from './core/membership.ts';

/** Thrown for bytes that are not a configuration. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

const suffrages: readonly Suffrage[] = ['voter', 'nonvoter', 'staging'];
const maxServers = 1024;

export const configurationCodec: ConfigurationCodec = {
  encode(configuration) {
    const out: number[] = [0x81];
    writeText(out, 'Servers');
    writeArrayHeader(out, configuration.servers.length);
    for (const server of configuration.servers) {
      out.push(0x83);
      writeText(out, 'Address');
      writeText(out, server.address);
      writeText(out, 'ID');
      writeText(out, server.id);
      writeText(out, 'Suffrage');
      out.push(suffrages.indexOf(server.suffrage));
    }
    return Uint8Array.from(out);
  },

  decode(data) {
    const value = new Reader(data).whole();
    const servers = asMap(value).get('Servers');
    return { servers: servers === null || servers === undefined ? [] : asArray(servers).map(asServer) };
  },
};

function asServer(value: Value): RaftServer {
  const fields = asMap(value);
  const suffrage = suffrages[Number(fields.get('Suffrage') ?? 0)];
  const id = fields.get('ID');
  const address = fields.get('Address');
  if (suffrage === undefined || typeof id !== 'string' || typeof address !== 'string') {
    throw new BadConfiguration('bad server in configuration');
  }
  return { suffrage, id, address };
}

const writeArrayHeader = (out: number[], length: number): void => {
  if (length < 16) out.push(0x90 | length);
  else out.push(0xdc, length >> 8, length & 0xff);
};

/** The old text format: no str 8. */
function writeText(out: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < 32) out.push(0xa0 | bytes.length);
  else out.push(0xda, bytes.length >> 8, bytes.length & 0xff);
  out.push(...bytes);
}

type Value = string | number | null | readonly Value[] | ReadonlyMap<string, Value>;

function asMap(value: Value): ReadonlyMap<string, Value> {
  if (!(value instanceof Map)) throw new BadConfiguration('expected a map');
  return value;
}

function asArray(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new BadConfiguration('expected an array');
  return value;
}

/** Reads the few MessagePack types a configuration is made of, in the old and the new text format. */
class Reader {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  whole(): Value {
    const value = this.#value(0);
    if (this.#at !== this.#data.length) throw new BadConfiguration('bytes after the configuration');
    return value;
  }

  #value(depth: number): Value {
    if (depth > 3) throw new BadConfiguration('nested too deeply');
    const tag = this.#uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.#array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.#text(tag & 0x1f);
    switch (tag) {
      case 0xc0:
        return null;
      case 0xcc:
      case 0xd0:
        return this.#uint(1);
      case 0xc4:
      case 0xd9:
        return this.#text(this.#uint(1));
      case 0xc5:
      case 0xda:
        return this.#text(this.#uint(2));
      case 0xdc:
        return this.#array(this.#uint(2), depth);
      case 0xde:
        return this.#map(this.#uint(2), depth);
      default:
        throw new BadConfiguration(`unexpected byte 0x${tag.toString(16)}`);
    }
  }

  #map(size: number, depth: number): Value {
    const map = new Map<string, Value>();
    for (let i = 0; i < size; i++) {
      const key = this.#value(depth + 1);
      map.set(String(key), this.#value(depth + 1));
    }
    return map;
  }

  #array(size: number, depth: number): Value {
    if (size > maxServers) throw new BadConfiguration('too many servers');
    return Array.from({ length: size }, () => this.#value(depth + 1));
  }

  #uint(width: number): number {
    this.#need(width);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.#data[this.#at++]!;
    return value;
  }

  #text(length: number): string {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return new TextDecoder().decode(this.#data.subarray(start, this.#at));
  }

  #need(length: number): void {
    if (this.#at + length > this.#data.length) throw new BadConfiguration('truncated');
  }
}
