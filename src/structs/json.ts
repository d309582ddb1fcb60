/**
 * Values as the JSON of Consul's API: by schema, as Go's encoding/json renders the struct (declaration order, nil slices
 * null, bytes in base64, sorted maps, HTML escaping), compact or indented. Renderers are compiled once per schema.
 */
import { formatDuration } from '../lib/duration.ts';
import { JsonError } from '../lib/go-json/errors.ts';
import { formatFloat32, formatFloat64, quote, sortedKeys } from '../lib/go-json/quote.ts';
import { isDict } from './dict.ts';
import { resolve, zeroTime } from './make.ts';
import type { Fields, JsonHints, Kind, Schema } from './schema.ts';

/** One line without a break at the end; or Go's MarshalIndent with four spaces, ended by a line break. */
export type Layout = 'compact' | 'indented';

/** From here on a buffer that grows is worth its memory. */
const longList = 32;

/** The body of an answer. */
export function renderJson<T>(schema: Schema<T>, value: T, layout: Layout): Buffer {
  const { type } = schema;
  if (type.kind === 'slice' && Array.isArray(value) && value.length >= longList) {
    const sink = new Sink();
    for (const _ of writeElements(sink, type.of, value, layout, Number.POSITIVE_INFINITY));
    return sink.take();
  }
  return toBuffer(renderText(schema, value, layout), layout);
}

/**
 * The body of a long list, in pieces of some 64 KiB made on demand, so that the event loop can turn between them.
 * Joined they are what `renderJson(slice(of), elements, layout)` gives.
 */
export function* renderList<T>(of: Schema<T>, elements: readonly T[] | null, layout: Layout): Generator<Buffer> {
  if (elements === null || elements.length === 0) {
    yield toBuffer(elements === null ? 'null' : '[]', layout);
    return;
  }
  const sink = new Sink();
  for (const _ of writeElements(sink, of, elements, layout, 64 * 1024)) yield sink.take();
  yield sink.take();
}

/** Long texts are put together from pieces of about this length: flattening one big rope costs more than rendering it. */
const pieceLength = 8 * 1024;

/** Writes a list, and stops whenever the sink holds `limitBytes`. */
function* writeElements(
  sink: Sink,
  of: Schema<unknown>,
  elements: readonly unknown[],
  layout: Layout,
  limitBytes: number,
): Generator<void> {
  const render = rendererOf(of, layout);
  const before = layout === 'indented' ? lineBreak(1) : '';
  let out = '[';
  for (let i = 0; i < elements.length; i++) {
    out += `${i === 0 ? '' : ','}${before}${render(elements[i], 1)}`;
    if (out.length < pieceLength) continue;
    sink.write(out);
    out = '';
    if (sink.sizeBytes >= limitBytes) yield;
  }
  sink.write(layout === 'indented' ? `${out}${lineBreak(0)}]\n` : `${out}]`);
}

/** Texts into one growing buffer. */
class Sink {
  sizeBytes = 0;
  #buf = Buffer.allocUnsafeSlow(4 * pieceLength);

  write(text: string): void {
    const worst = this.sizeBytes + 3 * text.length;
    if (worst > this.#buf.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#buf.length, worst));
      grown.set(this.#buf.subarray(0, this.sizeBytes));
      this.#buf = grown;
    }
    this.sizeBytes += this.#buf.write(text, this.sizeBytes, 'utf8');
  }

  /** What was written, in a buffer of its own size: answers are kept. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.sizeBytes);
    bytes.set(this.#buf.subarray(0, this.sizeBytes));
    this.sizeBytes = 0;
    return bytes;
  }
}

/** The same as text, without the line break at the end. */
export function renderText<T>(schema: Schema<T>, value: T, layout: Layout): string {
  return rendererOf(schema, layout)(value, 0);
}

/**
 * A plain value: maps (see dict.ts) with sorted keys, other objects as they are, fields that are undefined left out,
 * bytes in base64, bigints in digits.
 */
export function renderAny(value: unknown, layout: Layout): Buffer {
  return toBuffer(renderPlain(value, 0, layout === 'indented', false), layout);
}

const toBuffer = (text: string, layout: Layout): Buffer =>
  Buffer.from(layout === 'indented' ? `${text}\n` : text, 'utf8');

type Render = (value: unknown, depth: number) => string;
type Values = Record<string, unknown>;

const renderers: Record<Layout, WeakMap<object, Render>> = { compact: new WeakMap(), indented: new WeakMap() };

function rendererOf(schema: Schema<unknown>, layout: Layout): Render {
  const hinted = schema.json?.durationText === true;
  const cache = renderers[layout];
  // Whatever is hinted differs from the plain form of the same type, so it is kept under the schema itself.
  const key = hinted ? schema : schema.type;
  let render = cache.get(key);
  if (render === undefined) {
    render = compile(schema.type, schema.json ?? {}, layout);
    cache.set(key, render);
  }
  return render;
}

function compile(type: Kind, hints: JsonHints, layout: Layout): Render {
  switch (type.kind) {
    case 'bool':
      return (value) => (value === true ? 'true' : 'false');
    case 'int':
      return (value) => `${value}`;
    case 'float':
      return (value) => (type.bits === 32 ? formatFloat32 : formatFloat64)(value as number);
    case 'str':
      return (value) => quote(value as string);
    case 'bytes':
      return renderBytes;
    case 'dur':
      return hints.durationText === true ? (value) => `"${formatDuration(value as number)}"` : (value) => `${value}`;
    case 'time':
      return (value) => renderTime(value as string);
    case 'any':
      return (value, depth) => renderPlain(value, depth, layout === 'indented', true);
    case 'lazy':
      return (value, depth) => rendererOf(type.of(), layout)(value, depth);
    case 'ptr': {
      const of = rendererOf({ ...type.of, json: { ...type.of.json, ...hints } }, layout);
      return (value, depth) => (value === null ? 'null' : of(value, depth));
    }
    case 'slice':
      return sliceRenderer(rendererOf(type.of, layout), layout);
    case 'map':
      return mapRenderer(rendererOf(type.of, layout), layout);
    case 'struct':
      return structRenderer(type.fields, layout);
  }
}

function renderBytes(value: unknown): string {
  if (value === null) return 'null';
  const bytes = value as Uint8Array;
  return `"${base64Slice.call(bytes, 0, bytes.length)}"`;
}

// Node's own encoder takes any bytes, so a plain Uint8Array needs no Buffer around it.
const { base64Slice } = Buffer.prototype as unknown as {
  base64Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** A zone with offset zero is `Z` in JSON, whatever its name (see lib/msgpack/time.ts). */
const renderTime = (time: string): string => (time.endsWith('+00:00') ? `"${time.slice(0, -6)}Z"` : `"${time}"`);

const breaks: string[] = [];
/** The line break before something at this depth. */
function lineBreak(depth: number): string {
  let text = breaks[depth];
  if (text === undefined) {
    text = `\n${'    '.repeat(depth)}`;
    breaks[depth] = text;
  }
  return text;
}

function sliceRenderer(of: Render, layout: Layout): Render {
  const indented = layout === 'indented';
  return (value, depth) => {
    if (value === null) return 'null';
    const elements = value as unknown[];
    if (elements.length === 0) return '[]';
    const separator = indented ? `,${lineBreak(depth + 1)}` : ',';
    let out = indented ? `[${lineBreak(depth + 1)}` : '[';
    out += of(elements[0], depth + 1);
    for (let i = 1; i < elements.length; i++) {
      out += separator;
      out += of(elements[i], depth + 1);
    }
    return indented ? `${out}${lineBreak(depth)}]` : `${out}]`;
  };
}

function mapRenderer(of: Render, layout: Layout): Render {
  const indented = layout === 'indented';
  return (value, depth) => {
    if (value === null) return 'null';
    const keys = sortedKeys(value as Values);
    if (keys.length === 0) return '{}';
    const before = indented ? lineBreak(depth + 1) : '';
    const colon = indented ? ': ' : ':';
    let out = '{';
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      out += `${i === 0 ? '' : ','}${before}${quote(key)}${colon}${of((value as Values)[key], depth + 1)}`;
    }
    return indented ? `${out}${lineBreak(depth)}}` : `${out}}`;
  };
}

interface Field {
  readonly name: string;
  /** `"Name":`, with what goes before it, by depth. */
  readonly keys: string[];
  readonly key: string;
  readonly render: Render;
  readonly isEmpty: ((value: unknown) => boolean) | null;
}

function structRenderer(fields: Fields, layout: Layout): Render {
  const indented = layout === 'indented';
  const rendered: Field[] = [];
  for (const [name, schema] of Object.entries(fields)) {
    const hints = schema.json ?? {};
    if (hints.skip === true) continue;
    rendered.push({
      name,
      key: `${quote(hints.name ?? name)}${indented ? ': ' : ':'}`,
      keys: [],
      render: rendererOf(schema, layout),
      isEmpty: hints.omitEmpty === true ? emptyTest(schema) : null,
    });
  }
  const keyAt = (field: Field, depth: number): string => {
    let text = field.keys[depth];
    if (text === undefined) {
      text = indented ? `${lineBreak(depth + 1)}${field.key}` : field.key;
      field.keys[depth] = text;
    }
    return text;
  };
  return (value, depth) => {
    let out = '{';
    let isFirst = true;
    for (let i = 0; i < rendered.length; i++) {
      const field = rendered[i]!;
      const content = (value as Values)[field.name];
      if (field.isEmpty?.(content)) continue;
      if (isFirst) isFirst = false;
      else out += ',';
      out += keyAt(field, depth);
      out += field.render(content, depth + 1);
    }
    return isFirst || !indented ? `${out}}` : `${out}${lineBreak(depth)}}`;
  };
}

/** What `omitEmpty` leaves out; a struct when each of its fields is at zero (Consul does so by hand). */
function emptyTest(schema: Schema<unknown>): (value: unknown) => boolean {
  const { type } = resolve(schema);
  switch (type.kind) {
    case 'bool':
      return (value) => value !== true;
    case 'int':
    case 'dur':
    case 'float':
      return (value) => value === 0 || value === 0n;
    case 'str':
      return (value) => value === '';
    case 'time':
      return (value) => value === zeroTime;
    case 'bytes':
      return (value) => value === null || (value as Uint8Array).length === 0;
    case 'slice':
      return (value) => value === null || (value as unknown[]).length === 0;
    case 'map':
      return (value) => value === null || Object.keys(value as Values).length === 0;
    case 'struct': {
      const tests = Object.entries(type.fields).map(([name, field]) => ({ name, isEmpty: emptyTest(field) }));
      return (value) => tests.every(({ name, isEmpty }) => isEmpty((value as Values)[name]));
    }
    default:
      return (value) => value === null || value === undefined;
  }
}

/** `sorted`: every object is a Go map (an untyped field); else only those that are dicts. */
function renderPlain(value: unknown, depth: number, indented: boolean, sorted: boolean): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return formatFloat64(value);
    case 'boolean':
    case 'bigint':
      return `${value}`;
    case 'object':
      break;
    default:
      throw new JsonError(`json: unsupported type: ${typeof value}`);
  }
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return renderBytes(value);
  if (depth > 1000) throw new JsonError('json: nested too deeply');
  const before = indented ? lineBreak(depth + 1) : '';
  const after = indented ? lineBreak(depth) : '';
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const elements = value.map((element) => before + renderPlain(element ?? null, depth + 1, indented, sorted));
    return `[${elements.join(',')}${after}]`;
  }
  const object = value as Values;
  const keys = (sorted || isDict(object) ? sortedKeys(object) : Object.keys(object)).filter(
    (key) => object[key] !== undefined,
  );
  if (keys.length === 0) return '{}';
  const colon = indented ? ': ' : ':';
  const entries = keys.map(
    (key) => `${before}${quote(key)}${colon}${renderPlain(object[key], depth + 1, indented, sorted)}`,
  );
  return `{${entries.join(',')}${after}}`;
}
