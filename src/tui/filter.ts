/**
 * The language behind `/`. Words are joined by "and": a word is a part of the row's text, whatever its case; with one of
 * `^ $ * + ? ( ) [ ] { } | \` in it a regular expression; `!word` rows without it; `-f word` letters in this order;
 * `state:critical` and `tag:web` ask for the row's state and tags, by their start.
 */

export interface Subject {
  readonly text: string;
  readonly state?: string;
  readonly tags?: readonly string[];
}

export type Filter = (subject: Subject) => boolean;

const regexSigns = /[\^$*+?()[\]{}|\\]/;

/** Undefined when every row passes. */
export function parseFilter(text: string): Filter | undefined {
  const tests: Filter[] = [];
  let fuzzy = false;
  for (const word of text.split(/\s+/)) {
    if (word === '-f') fuzzy = true;
    else if (word !== '' && word !== '!') tests.push(parseWord(word, fuzzy));
  }
  if (tests.length === 0) return undefined;
  return (subject) => tests.every((test) => test(subject));
}

function parseWord(word: string, fuzzy: boolean): Filter {
  if (word.startsWith('!')) {
    const positive = parseWord(word.slice(1), fuzzy);
    return (subject) => !positive(subject);
  }
  const [, field, wanted] = /^(state|tag):(.*)$/i.exec(word) ?? [];
  if (field !== undefined && wanted !== undefined) {
    const start = wanted.toLowerCase();
    const has = (value: string) => value.toLowerCase().startsWith(start);
    return field.toLowerCase() === 'tag' ? ({ tags = [] }) => tags.some(has) : ({ state = '' }) => has(state);
  }
  if (fuzzy) return fuzzyTest(word);
  const pattern = regexSigns.test(word) ? regexOf(word) : undefined;
  if (pattern !== undefined) return (subject) => pattern.test(subject.text);
  const part = word.toLowerCase();
  return (subject) => subject.text.toLowerCase().includes(part);
}

/** Undefined while it is not a regular expression yet: it is taken to the letter then. */
function regexOf(word: string): RegExp | undefined {
  try {
    return new RegExp(word, 'i');
  } catch {
    return undefined;
  }
}

function fuzzyTest(word: string): Filter {
  const letters = [...word.toLowerCase()];
  return ({ text }) => {
    const lower = text.toLowerCase();
    let at = 0;
    for (const letter of letters) {
      const found = lower.indexOf(letter, at);
      if (found === -1) return false;
      at = found + letter.length;
    }
    return true;
  };
}
