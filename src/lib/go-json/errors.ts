/** Errors with the texts of Go's encoding/json: what cannot be read, and what has no JSON. */

export class JsonError extends Error {
  override readonly name: string = 'JsonError';
}

/** A value of the wrong kind. Its place is named by the innermost Go struct and the path of field names. */
export class JsonTypeError extends JsonError {
  override readonly name = 'JsonTypeError';
  /** What the document has: 'string', 'number 1.5', 'array' ... */
  readonly value: string;
  /** What Go wanted: 'string', '[]string', 'structs.PreparedQuery' ... */
  readonly goType: string;
  constructor(value: string, goType: string, struct: string, path: string) {
    const where = struct === '' && path === '' ? 'value' : `struct field ${struct}.${path}`;
    super(`json: cannot unmarshal ${value} into Go ${where} of type ${goType}`);
    this.value = value;
    this.goType = goType;
  }
}
