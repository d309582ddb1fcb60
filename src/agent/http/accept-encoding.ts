/** Whether a client takes gzip (RFC 9110, section 12.5.3; `*` does not count, as in Consul). Pure. */

const seen = new Map<string, boolean>();
/** Clients use a handful of values; strangers must not fill the memory. */
const seenLimit = 256;

export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined || header === '') return false;
  let accepts = seen.get(header);
  if (accepts === undefined) {
    accepts = parse(header);
    if (seen.size < seenLimit) seen.set(header, accepts);
  }
  return accepts;
}

function parse(header: string): boolean {
  for (const item of header.split(',')) {
    const [coding, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    if (coding !== 'gzip') continue;
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return weight === undefined || Number(weight.slice(2)) > 0;
  }
  return false;
}
