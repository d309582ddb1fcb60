/**
 * Completion scripts for bash, zsh and fish: they hand the words of the line to `tc completion -complete` and show what comes
 * back. First line of the answer: `space`, `nospace` or `files` with what goes before the names; then a candidate a line, its
 * description behind a tab.
 */
import type { Completion } from './complete.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What the scripts read. */
export function renderCompletion({ candidates, files }: Completion): string {
  // Something follows: the rest of a key, or the value of a flag.
  const goesOn = candidates.length > 0 && candidates.every(({ word }) => /[/=]$/.test(word));
  const first = files === undefined ? (goesOn ? 'nospace' : 'space') : `files ${files}`;
  const lines = candidates
    .filter(({ word }) => !/[\n\t]/.test(word))
    .map(({ word, about }) => (about === '' ? word : `${word}\t${about.replaceAll(/[\n\t]/g, ' ')}`));
  return `${[first, ...lines].join('\n')}\n`;
}

/** In single quotes, for bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const bash = (program: string): string => `# bash completion for tc
_tc() {
  local -a words=() lines=()
  local i word glued previous='' candidate current head=''
  COMPREPLY=()
  # Bash cuts words at "=", ":" and "@"; what stands together on the line is put together again.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    glued=$previous$word
    if [[ -n $previous && ($word == [=:@]* || $glued == *[=:@]"$word") && $COMP_LINE == *"$glued"* ]] &&
      [[ -n $word || \${COMP_LINE:COMP_POINT-1:1} != ' ' ]]; then
      words[\${#words[@]}-1]=$glued
    else
      words+=("$word")
    fi
    previous=\${words[\${#words[@]}-1]}
  done
  current=\${words[\${#words[@]}-1]}
  # What stands before the part that bash will replace.
  word=\${COMP_WORDS[COMP_CWORD]}
  if [[ $word == [=:@] ]]; then head=$current; else head=\${current%"$word"}; fi
  head=\${head%@}
  mapfile -t lines < <(${quoted(program)} completion -complete -- "\${words[@]}" 2>/dev/null)
  case \${lines[0]} in
    files*)
      local before=\${lines[0]#files }
      # As a file name "@" would be quoted.
      [[ $before == *@ ]] || compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -P "\${before#"$head"}" -- "\${current#"$before"}")
      return ;;
    nospace) compopt -o nospace ;;
  esac
  for candidate in "\${lines[@]:1}"; do
    candidate=\${candidate%%$'\\t'*}
    printf -v candidate %q "\${candidate#"$head"}"
    COMPREPLY+=("$candidate")
  done
}
complete -F _tc tc tconsul
`;

const zsh = (program: string): string => `#compdef tc tconsul
_tc() {
  local -a lines candidates shown
  local line candidate
  lines=("\${(@f)$(${quoted(program)} completion -complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  local first=$lines[1]
  shift lines
  if [[ $first == files* ]]; then
    compset -P "\${(b)\${first#files }}"
    _files
    return
  fi
  for line in $lines; do
    candidate=\${line%%$'\\t'*}
    candidates+=("$candidate")
    if [[ $line == *$'\\t'* ]]; then shown+=("$candidate  -- \${line#*$'\\t'}"); else shown+=("$candidate"); fi
  done
  local -a options=(-d shown)
  [[ -n \${shown[(r)*  -- *]} ]] && options+=(-l)
  [[ $first == nospace ]] && options+=(-S '')
  (( $#candidates )) && compadd "\${options[@]}" -a candidates
}
if [[ $funcstack[1] == _tc ]]; then _tc "$@"; else compdef _tc tc tconsul; fi
`;

const fish = (program: string): string => `# fish completion for tc
function __tc_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lines (${quoted(program)} completion -complete -- $words[2..-1] "$current" 2>/dev/null)
  if string match -q 'files*' -- $lines[1]
    set -l before (string replace -r '^files ?' '' -- $lines[1])
    set -l name (string sub -s (math (string length -- "$before") + 1) -- "$current")
    for path in (__fish_complete_path "$name")
      echo $before$path
    end
    return
  end
  printf '%s\\n' $lines[2..-1]
end
complete -c tc -f -a '(__tc_complete)'
complete -c tconsul -f -a '(__tc_complete)'
`;

/** `program` is called by its path: on Linux another `tc` may come first, and aliases are not there. */
export function completionScript(shell: Shell, program: string): string {
  switch (shell) {
    case 'bash':
      return bash(program);
    case 'zsh':
      return zsh(program);
    case 'fish':
      return fish(program);
  }
}
