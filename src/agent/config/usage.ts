/** The help of `agent`, made from the flags of the schema. */

import type { FlagSpec } from './flags.ts';

const width = 74;

/** What `agent -h` prints; `examples` stand before the flags. */
export function helpText(flags: readonly FlagSpec[], examples: string): string {
  const options = flags.map((flag) => {
    const doc = wrap(flag.doc, width - 5)
      .map((line) => `     ${line}\n`)
      .join('');
    return `  -${flag.name}${takesValue(flag) ? '=<value>' : ''}\n${doc}`;
  });
  return `Usage: tc agent [options]

  Starts the agent and runs until an interrupt is received. The agent is one
  node of a cluster.
${examples}
Command Options

${options.join('\n')}`;
}

/** What a wrong flag gets: the line about it, then all flags as Go's flag package lists them. */
export function flagErrorText(complaint: string, flags: readonly FlagSpec[]): string {
  const lines = flags.map((flag) => `  -${flag.name}${takesValue(flag) ? ' value' : ''}\n    \t${flag.doc}.\n`);
  return `${complaint}\nUsage:\n${lines.join('')}`;
}

const takesValue = (flag: FlagSpec): boolean => flag.type.kind !== 'bool';

function wrap(text: string, length: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of `${text}.`.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > length) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
