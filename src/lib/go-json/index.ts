/** JSON as Go's encoding/json reads and writes it. */
export { JsonError, JsonTypeError } from './errors.ts';
export { JsonNumber, JsonObject, type JsonValue, parseFirst, parseWhole } from './parse.ts';
export { formatFloat32, formatFloat64, quote, sortedKeys } from './quote.ts';
