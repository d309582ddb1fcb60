/**
 * The filter language of `?filter=`: an expression over the fields of a struct, compiled once into a function. The error
 * texts are those of Consul.
 */
export { FilterError } from './ast.ts';
export { compileFilter, type Field, type Filter, type StructField } from './compile.ts';
export { parseFilter } from './parser.ts';
