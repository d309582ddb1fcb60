/** Manual pages in the language of man(7), made from the definitions of the commands. */
import type { Command } from './command.ts';
import type { Flag, Flags } from './flags.ts';
import { docOf, programName, takesNone } from './help.ts';
import { httpFlags } from './http-flags.ts';

export interface ManSource {
  readonly version: string;
  /** By their words: `kv get`. */
  readonly commands: Readonly<Record<string, Command>>;
}

/** Text of a line that begins with nothing special and holds no escapes of its own. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

const quoted = (text: string): string => `"${roff(text).replaceAll('"', '\\(dq')}"`;
const pageName = (words: string): string => [programName, ...words.split(' ')].filter(Boolean).join('-');

/** Names of files and what goes into them: `tc.1` for all, `tc-kv-get.1` for each command. */
export function manPages({ version, commands }: ManSource): Map<string, string> {
  const pages = new Map<string, string>();
  const shown = Object.entries(commands).filter(([, command]) => command.internal !== true);
  for (const [words, command] of shown) pages.set(`${pageName(words)}.1`, commandPage(words, command, version));
  pages.set(`${programName}.1`, overview(shown, version));
  return pages;
}

const head = (name: string, version: string, summary: string): string =>
  `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`${programName} ${version}`)} "User Commands"\n` +
  `.SH NAME\n${roff(name)} \\- ${roff(summary)}\n`;

function commandPage(words: string, command: Command, version: string): string {
  const { summary, description = summary, usage, examples = [] } = command;
  let text = head(pageName(words), version, summary);
  text += `.SH SYNOPSIS\n.B ${roff(`${programName} ${usage}`)}\n`;
  text += `.SH DESCRIPTION\n${description
    .split('\n\n')
    .map((paragraph) => `.PP\n${roff(paragraph)}\n`)
    .join('')}`;
  text += options('OPTIONS', command.flags);
  if (command.http !== undefined) text += options('CONNECTION OPTIONS', httpFlags(command.http));
  if (examples.length > 0) {
    const shown = examples.map(
      ([line, what]) => `.PP\n${roff(what)}\n.PP\n.RS 4\n$ ${roff(`${programName} ${line}`)}\n.RE\n`,
    );
    text += `.SH EXAMPLES\n${shown.join('')}`;
  }
  return `${text}.SH SEE ALSO\n.BR ${programName} (1)\n`;
}

function options(title: string, flags: Flags): string {
  const list = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
  if (list.length === 0) return '';
  return `.SH ${title}\n${list.map(([name, flag]) => option(name, flag)).join('')}`;
}

const option = (name: string, flag: Flag): string =>
  `.TP\n.B ${roff(`-${name}${takesNone(flag) ? '' : `=${flag.valueText}`}`)}\n${roff(docOf(flag))}\n`;

function overview(commands: readonly (readonly [string, Command])[], version: string): string {
  const list = commands
    .map(([words, { summary }]): readonly [string, string] => [words, summary])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([words, summary]) => `.TP\n.BR ${pageName(words).replaceAll('-', '\\-')} (1)\n${roff(summary)}\n`);
  return (
    head(programName, version, 'a complete Consul: agent, commands and dashboard') +
    `.SH SYNOPSIS\n.B ${programName}\n[\\-\\-version] [\\-\\-help] <command> [<args>]\n` +
    '.SH DESCRIPTION\nService discovery by DNS and HTTP, health checks, a key/value store, access rules and a service mesh, in one program. ' +
    'An agent runs on every machine; a few of them are servers. The commands speak with the agent at CONSUL_HTTP_ADDR.\n' +
    `.SH COMMANDS\n${list.join('')}`
  );
}
