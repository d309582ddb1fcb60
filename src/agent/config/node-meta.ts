/** What node metadata may look like. */

const maxPairs = 64;
const maxKeyBytes = 128;
const maxValueBytes = 512;

/** The complaint about the first bad pair in the order of keys, or undefined. */
export function nodeMetaProblem(meta: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(meta).sort();
  if (keys.length > maxPairs) return `Node metadata cannot contain more than ${maxPairs} key/value pairs`;
  for (const key of keys) {
    const value = meta[key]!;
    const problem = pairProblem(key, value);
    if (problem !== undefined) return `Couldn't load metadata pair ('${key}', '${value}'): ${problem}`;
  }
  return undefined;
}

function pairProblem(key: string, value: string): string | undefined {
  if (key === '') return 'Key cannot be blank';
  if (!/^[\w-]+$/.test(key)) return 'Key contains invalid characters';
  if (byteLength(key) > maxKeyBytes) return `Key is too long (limit: ${maxKeyBytes} characters)`;
  if (key.startsWith('consul-')) return `Key prefix 'consul-' is reserved for internal use`;
  if (byteLength(value) > maxValueBytes) return `Value is too long (limit: ${maxValueBytes} characters)`;
  return undefined;
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
