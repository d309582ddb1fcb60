/** Go's strict base64: the bytes up to the first fault, and where it is. */

export interface Decoded {
  readonly bytes: Buffer;
  /** Offset of the first bad character; absent when all is well. */
  readonly badAt?: number;
}

const letter = /[A-Za-z0-9+/]/;

/**
 * Standard alphabet with padding; line ends are skipped. A fault inside a group of four loses the group and is told at
 * the bad character, a text that ends early at the start of the unfinished group.
 */
export function decodeBase64(text: string): Decoded {
  let group = '';
  let groupAt = 0;
  let good = '';
  const bad = (badAt: number): Decoded => ({ bytes: Buffer.from(good, 'base64'), badAt });
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\n' || char === '\r') continue;
    if (group === '') groupAt = at;
    if (char === '=') {
      if (group.length < 2) return bad(at);
      const rest = text.slice(at + 1).replace(/[\r\n]/g, '');
      if (group.length === 2 && rest[0] !== '=') return rest === '' ? bad(text.length) : bad(at + 1);
      if (rest.length > (group.length === 2 ? 1 : 0)) return bad(at + (group.length === 2 ? 2 : 1));
      return { bytes: Buffer.from(good + group, 'base64') };
    }
    if (!letter.test(char)) return bad(at);
    group += char;
    if (group.length === 4) {
      good += group;
      group = '';
    }
  }
  return group === '' ? { bytes: Buffer.from(good, 'base64') } : bad(groupAt);
}
