/** Completion scripts for bash, zsh and fish, made from the definitions of the commands. */
import type { Command } from './command.ts';
import type { Flag } from './flags.ts';
import { httpFlags } from './http-flags.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Node {
  /** `kv`, `kv get`; '' is the top. */
  readonly words: string;
  /** Next words with their summaries. */
  readonly next: readonly (readonly [word: string, summary: string])[];
  readonly flags: readonly (readonly [name: string, flag: Flag])[];
}

const programs = ['tc', 'tconsul'];

function tree(definitions: Readonly<Record<string, Command>>): Node[] {
  const groups = new Map<string, Map<string, string>>([['', new Map()]]);
  for (const [words, { summary }] of Object.entries(definitions)) {
    const parts = words.split(' ');
    for (let length = 1; length <= parts.length; length++) {
      const above = parts.slice(0, length - 1).join(' ');
      const group = groups.get(above) ?? new Map<string, string>();
      groups.set(above, group);
      const word = parts[length - 1]!;
      if (length === parts.length) group.set(word, summary);
      else if (!group.has(word)) group.set(word, `${word} commands`);
    }
  }
  const names = new Set([...groups.keys(), ...Object.keys(definitions)]);
  return [...names].sort().map((words) => {
    const definition = definitions[words];
    const flags = definition ? { ...definition.flags, ...httpFlags(definition.http) } : {};
    return {
      words,
      next: [...(groups.get(words) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)),
      flags: Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)),
    };
  });
}

const flagWord = ([name, flag]: readonly [string, Flag]): string => (flag.bool ? `-${name}` : `-${name}=`);
const functionName = (words: string): string => `_tc_${words.replaceAll(/[^a-z]/g, '_')}`;

/** In single quotes, for every shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(({ words, next, flags }) => {
    const list = [...next.map(([word]) => word), ...flags.map(flagWord), '-h'].join(' ');
    return `    ${quoted(words)}) list=${quoted(list)} ;;`;
  });
  const choices = nodes.flatMap(({ words, flags }) =>
    flags.flatMap(([name, flag]) =>
      flag.choices ? [`    ${quoted(`${words} -${name}`)}) list=${quoted(flag.choices.join(' '))} ;;`] : [],
    ),
  );
  return `# bash completion for tc
_tc_node() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_tc_choices() {
  case "$1" in
${choices.join('\n')}
    *) return 1 ;;
  esac
}
_tc() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words='' list='' found='' i
  # "=" is a word of its own unless taken out of COMP_WORDBREAKS.
  if [[ $current == = ]]; then current=''; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] && break
    if _tc_node "\${words:+$words }\${COMP_WORDS[i]}"; then words="\${words:+$words }\${COMP_WORDS[i]}"; else break; fi
  done
  for ((i = COMP_CWORD - 1; i > 0 && i >= COMP_CWORD - 2; i--)); do
    if [[ \${COMP_WORDS[i]} == -* ]]; then found="\${COMP_WORDS[i]}"; break; fi
    [[ \${COMP_WORDS[i]} == = ]] || break
  done
  if [[ -n $found ]] && _tc_choices "$words -\${found##*-}"; then
    COMPREPLY=($(compgen -W "$list" -- "$current"))
    return
  fi
  list=''
  _tc_node "$words"
  COMPREPLY=($(compgen -W "$list" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _tc ${programs.join(' ')}
`;
}

/** Texts inside zsh's specs escape brackets and colons. */
const zshText = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

function zsh(nodes: readonly Node[]): string {
  const functions = nodes.map(({ words, next, flags }) => {
    const specs = flags.map(([name, flag]) => {
      const star = flag.repeats ? '*' : '';
      const value = flag.bool ? '' : `:value:${flag.choices ? `(${flag.choices.join(' ')})` : '_files'}`;
      return `    ${quoted(`${star}-${name}${flag.bool ? '' : '=-'}[${zshText(flag.doc)}]${value}`)} \\`;
    });
    const entries = next.map(([word, summary]) => `    ${quoted(`${word}:${summary.replaceAll(':', '\\:')}`)}`);
    const branches = next.map(([word]) => {
      const below = words === '' ? word : `${words} ${word}`;
      return `      ${word}) ${functionName(below)} ;;`;
    });
    if (next.length === 0) {
      return `${functionName(words)}() {\n  _arguments -S \\\n${specs.join('\n')}\n    '-h[print the usage]' '*:argument:_files'\n}`;
    }
    return `${functionName(words)}() {
  local -a commands=(
${entries.join('\n')}
  )
  local context state line
  _arguments -C '-h[print the usage]' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${branches.join('\n')}
    esac ;;
  esac
}`;
  });
  return `#compdef ${programs.join(' ')}\n${functions.join('\n')}\n${functionName('')} "$@"\n`;
}

const fishHelpers = `# fish completion for tc
function __tc_words
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and break
    echo $word
  end
end
# Exactly these words so far.
function __tc_at
  test "$(__tc_words | string join ' ')" = "$argv"
end
# These words, and perhaps arguments after them.
function __tc_in
  set -l words (__tc_words | string join ' ')
  test "$words" = "$argv"; or string match -q -- "$argv *" "$words"
end`;

function fish(nodes: readonly Node[]): string {
  const lines = [fishHelpers];
  for (const program of programs) {
    for (const { words, next, flags } of nodes) {
      const at = quoted(`__tc_at ${words}`.trim());
      const inside = quoted(`__tc_in ${words}`);
      for (const [word, summary] of next) {
        lines.push(`complete -c ${program} -f -n ${at} -a ${word} -d ${quoted(summary)}`);
      }
      for (const [name, flag] of flags) {
        const value = flag.choices ? ` -x -a ${quoted(flag.choices.join(' '))}` : ' -r';
        lines.push(`complete -c ${program} -n ${inside} -o ${name}${flag.bool ? '' : value} -d ${quoted(flag.doc)}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

export function completionScript(shell: Shell, definitions: Readonly<Record<string, Command>>): string {
  const nodes = tree(definitions);
  switch (shell) {
    case 'bash':
      return bash(nodes);
    case 'zsh':
      return zsh(nodes);
    case 'fish':
      return fish(nodes);
  }
}
