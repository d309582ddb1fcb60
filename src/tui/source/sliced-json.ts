/**
 * JSON of many megabytes, decoded without holding the event loop: a top-level array is cut between its elements and
 * each cut decoded in a turn of its own. Keys and screen stay alive meanwhile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseJson } from '../../client/http.ts';

/** Up to this size one call is quicker than a frame. */
const sliceBytes = 256 * 1024;

const code = { open: 0x5b, close: 0x5d, brace: 0x7b, unbrace: 0x7d, quote: 0x22, escape: 0x5c, comma: 0x2c } as const;

export async function parseSliced(body: Buffer): Promise<unknown> {
  if (body.length <= sliceBytes || body[0] !== code.open) return parseJson(body);
  const all: unknown[] = [];
  let start = 1;
  let depth = 0;
  let inString = false;
  let scanned = 0;
  for (let at = 1; at < body.length; at++) {
    const byte = body[at]!;
    if (inString) {
      if (byte === code.escape) at++;
      else if (byte === code.quote) inString = false;
    } else if (byte === code.quote) inString = true;
    else if (byte === code.brace || byte === code.open) depth++;
    else if (byte === code.unbrace || (byte === code.close && depth > 0)) depth--;
    else if (depth === 0 && (byte === code.close || (byte === code.comma && at - start >= sliceBytes))) {
      const piece = body.toString('utf8', start, at);
      if (piece.trim() !== '') all.push(...(parseJson(`[${piece}]`) as unknown[]));
      start = at + 1;
      if (byte === code.close) return all;
      await nextTurn();
    }
    if (++scanned % (4 * sliceBytes) === 0) await nextTurn();
  }
  // Not what it seemed: whoever reads it is told by the parser where it broke.
  return parseJson(body);
}
