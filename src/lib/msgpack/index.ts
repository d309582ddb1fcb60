/** MessagePack as Consul, Serf and Raft write it, driven by the schemas of `structs/` (wire profile: old raw dialect). */
export { decode, decodeAt, decodeFrom } from './decode.ts';
export { encode, encodeTo } from './encode.ts';
export { MsgpackError, type MsgpackReason } from './errors.ts';
export { Reader, type ReaderOptions } from './reader.ts';
export { Decoder, type DecoderOptions, type NeedMore, needMore } from './stream.ts';
export { bytesOf, textOf } from './text.ts';
export { Writer } from './writer.ts';
