/**
 * Makes JavaScript's string order that of UTF-8 bytes. The two differ only where a surrogate (a character above
 * U+FFFF, or a byte that is not UTF-8 and travels as a lone surrogate) meets a character of U+E000..U+FFFF: UTF-16 puts the
 * surrogate first. Swapping the two ranges, one code unit at a time, repairs the order, keeps prefixes prefixes, and
 * can be undone.
 */
const affected = /[\ud800-\uffff]/;

const shift = (text: string, up: (unit: number) => number): string => {
  let shifted = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    shifted += unit < 0xd800 ? text[i] : String.fromCharCode(up(unit));
  }
  return shifted;
};

/** The key under which a text is kept so that a tree orders it by its UTF-8 bytes. Most texts are their own key. */
export const byteOrder = (text: string): string =>
  affected.test(text) ? shift(text, (unit) => (unit >= 0xe000 ? unit - 0x800 : unit + 0x2000)) : text;

/** The text of a key. */
export const fromByteOrder = (key: string): string =>
  affected.test(key) ? shift(key, (unit) => (unit >= 0xf800 ? unit - 0x2000 : unit + 0x800)) : key;
