/** The one error of the HCL and JSON parsers. */

/** Where something stands in a text: line and column count from 1, the offset (UTF-16 units) from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Thrown when a text is not HCL or JSON. In HCL the message starts with the position ("At 2:5: …"), JSON has none. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';
  readonly position: Position | undefined;
  constructor(message: string, position?: Position) {
    super(message);
    this.position = position;
  }
}

export const hclFault = (complaint: string, position: Position): SyntaxFault =>
  new SyntaxFault(`At ${position.line}:${position.column}: ${complaint}`, position);

/** The position of an offset, found by counting lines; only needed once something is wrong. */
export function positionAt(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1, offset };
}
