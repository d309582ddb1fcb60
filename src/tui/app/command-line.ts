/** The line behind `:`. `svc web` goes to a view by its name or alias; some words are commands of their own. Pure. */

export interface CommandWord {
  /** First the name that is shown. */
  readonly names: readonly string[];
  readonly help: string;
  /** What the argument may be; asked when it is typed. */
  readonly complete?: () => readonly string[];
}

export interface ParsedCommand {
  readonly word: CommandWord;
  readonly argument: string;
}

/** Undefined when no word has this name. A start that fits one word only is enough. */
export function parseCommand(text: string, words: readonly CommandWord[]): ParsedCommand | undefined {
  const [, name = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(text) ?? [];
  if (name === '') return undefined;
  const lower = name.toLowerCase();
  const exact = words.find(({ names }) => names.includes(lower));
  const starting = words.filter(({ names }) => names.some((each) => each.startsWith(lower)));
  const word = exact ?? (starting.length === 1 ? starting[0] : undefined);
  return word && { word, argument };
}

const mostCandidates = 50;

/** Whole lines that go on with `text`, best first. */
export function completions(text: string, words: readonly CommandWord[]): readonly string[] {
  const [, name = '', space = '', argument = ''] = /^\s*(\S*)(\s*)(.*)$/.exec(text) ?? [];
  if (space === '') {
    const lower = name.toLowerCase();
    const starting = words.filter(({ names }) => names.some((each) => each.startsWith(lower)));
    return starting.map(({ names }) => names[0]!);
  }
  const word = parseCommand(name, words)?.word;
  const candidates = word?.complete?.() ?? [];
  const lower = argument.toLowerCase();
  const starting: string[] = [];
  const holding: string[] = [];
  for (const each of candidates) {
    const at = each.toLowerCase().indexOf(lower);
    if (at === 0) starting.push(each);
    else if (at > 0) holding.push(each);
  }
  return [...starting, ...holding].slice(0, mostCandidates).map((each) => `${name} ${each}`);
}

/** What `tab` makes of the line: the only candidate, or what all of them begin with, or the first. */
export function completeLine(text: string, words: readonly CommandWord[]): string {
  const candidates = completions(text, words);
  const [first] = candidates;
  if (first === undefined) return text;
  if (candidates.length === 1) {
    const word = parseCommand(first, words)?.word;
    return first.includes(' ') || word?.complete === undefined ? first : `${first} `;
  }
  const common = candidates.reduce((shared, each) => {
    let length = 0;
    while (length < shared.length && shared[length] === each[length]) length++;
    return shared.slice(0, length);
  });
  return common.length > text.length && common.startsWith(text) ? common : first;
}

/** The word that was probably meant. */
export function nearestWord(text: string, words: readonly CommandWord[]): string | undefined {
  const name = text.trim().split(/\s/)[0]!.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const each of words.flatMap(({ names }) => names)) {
    const distance = editDistance(name, each);
    if (
      distance <= Math.max(1, Math.floor(name.length / 3)) &&
      distance < (best?.distance ?? Number.POSITIVE_INFINITY)
    ) {
      best = { name: each, distance };
    }
  }
  return best?.name;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
