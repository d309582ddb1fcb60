/** New inputs from known ones: bits, bytes, ranges, words of the grammar, numbers at the edges, splices, deep nesting. */
import type { Dice } from './dice.ts';

/** Longest input; deep nesting needs some room. */
const maxBytes = 16_384;

const edgeNumbers = [
  ...['0', '-1', '1', '255', '65535', '65536', '2147483648', '4294967296', '9007199254740993', '9223372036854775807'],
  ...[
    '9223372036854775808',
    '18446744073709551615',
    '18446744073709551616',
    '1e309',
    '-0',
    '0.1',
    '1e-400',
    '0x7f',
    '07',
  ],
];
const edgeBytes = [
  0x00, 0x01, 0x7f, 0x80, 0x90, 0xa0, 0xbf, 0xc0, 0xc4, 0xc6, 0xca, 0xcf, 0xd3, 0xd9, 0xdb, 0xdd, 0xdf, 0xff,
];

type Mutation = (input: Buffer, dice: Dice, words: readonly string[], other: Uint8Array) => Buffer;

const at = (input: Buffer, dice: Dice): number => dice.int(input.length + 1);

function replaceRange(input: Buffer, start: number, end: number, part: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, start), part, input.subarray(end)]);
}

const insert = (input: Buffer, dice: Dice, part: Uint8Array): Buffer => {
  const start = at(input, dice);
  return replaceRange(input, start, start, part);
};

function range(input: Buffer, dice: Dice): [start: number, end: number] {
  const start = at(input, dice);
  return [start, Math.min(input.length, start + dice.size(input.length - start + 1))];
}

const mutations: readonly Mutation[] = [
  function flipBit(input, dice) {
    if (input.length === 0) return input;
    const copy = Buffer.from(input);
    copy[dice.int(copy.length)]! ^= 1 << dice.int(8);
    return copy;
  },
  function setByte(input, dice) {
    if (input.length === 0) return input;
    const copy = Buffer.from(input);
    copy[dice.int(copy.length)] = dice.oneIn(2) ? dice.pick(edgeBytes) : dice.int(256);
    return copy;
  },
  function remove(input, dice) {
    const [start, end] = range(input, dice);
    return replaceRange(input, start, end, Buffer.alloc(0));
  },
  function truncate(input, dice) {
    return input.subarray(0, at(input, dice));
  },
  function duplicate(input, dice) {
    const [start, end] = range(input, dice);
    return replaceRange(input, end, end, input.subarray(start, end));
  },
  function insertRandom(input, dice) {
    return insert(input, dice, Buffer.from(Array.from({ length: dice.size(64) }, () => dice.int(256))));
  },
  function insertWord(input, dice, words) {
    return words.length === 0 ? input : insert(input, dice, Buffer.from(dice.pick(words)));
  },
  function nest(input, dice, words) {
    const word =
      words.length === 0 || dice.oneIn(2) ? Buffer.from([dice.pick(edgeBytes)]) : Buffer.from(dice.pick(words));
    const times = dice.size(Math.floor(maxBytes / Math.max(1, word.length)));
    return insert(input, dice, Buffer.concat(Array.from({ length: times }, () => word)));
  },
  function edgeNumber(input, dice) {
    const text = input.toString('latin1');
    const numbers = [...text.matchAll(/-?\d+/g)];
    if (numbers.length === 0) return insert(input, dice, Buffer.from(dice.pick(edgeNumbers)));
    const found = dice.pick(numbers);
    return replaceRange(input, found.index, found.index + found[0].length, Buffer.from(dice.pick(edgeNumbers)));
  },
  function splice(input, dice, _words, other) {
    const [start, end] = range(Buffer.from(other), dice);
    return insert(input, dice, other.subarray(start, end));
  },
  function cross(input, dice, _words, other) {
    return Buffer.concat([input.subarray(0, at(input, dice)), other.subarray(dice.int(other.length + 1))]);
  },
];

/** One to five mutations of a corpus entry; now and then bytes out of nowhere. */
export function mutate(corpus: readonly Uint8Array[], words: readonly string[], dice: Dice): Buffer {
  if (dice.oneIn(50)) return Buffer.from(Array.from({ length: dice.size(512) }, () => dice.int(256)));
  let input: Buffer = Buffer.from(dice.pick(corpus));
  for (let count = 1 + dice.int(5); count > 0; count--) {
    input = dice.pick(mutations)(input, dice, words, dice.pick(corpus));
    if (input.length > maxBytes) input = input.subarray(0, maxBytes);
  }
  return input;
}
