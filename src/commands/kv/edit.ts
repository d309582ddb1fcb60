import { CliError, type Context, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { conflictText, editableText, hasConflict, withoutAddedNewline } from '../../cli/kv/edit.ts';
import { bytesOf, kvApi } from '../../client/kv.ts';
import type { KvPair } from '../../client/types.ts';

const ways = ['ask', 'merge', 'overwrite', 'fail'] as const;
type Way = (typeof ways)[number];

export default defineCommand({
  summary: 'Edits a value in an editor',
  usage: 'kv edit [options] KEY',
  description: `Opens the value in $VISUAL or $EDITOR, and writes back what was made of it, provided nobody else changed the key meanwhile. A key that is not there is created. Flags and lock of the key stay as they are.

When somebody did change it, a terminal is asked what to do; -on-conflict answers beforehand.`,
  examples: [
    ['kv edit app/config.json', 'A value:'],
    ['kv edit -base64 app/key', 'One that is no text:'],
    ['kv edit -on-conflict=merge app/config.json', 'With both versions in the editor if somebody else was faster:'],
  ],
  http: 'all',
  flags: {
    base64: flag.bool('Edit the value as base64.'),
    'on-conflict': flag.string(
      '`ask`; `merge`: edit both versions together; `overwrite` the other; or `fail`, which is also what happens without a terminal to ask.',
      { initial: 'ask', choices: ways },
    ),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, env, out, err, http, isTerminal }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 1);
    const key = (args[0] ?? '').replace(/^\//, '');
    if (key === '') throw new CliError('Error! Missing KEY argument');
    const way = ways.find((one) => one === flags['on-conflict']);
    if (way === undefined) throw new CliError(`Unknown -on-conflict: ${flags['on-conflict']}`);
    const kv = kvApi(http());
    const read = async (): Promise<KvPair | null> => (await explain('Error querying Consul agent', kv.get(key))).value;
    const textOf = (pair: KvPair | null): string => {
      if (flags.base64) return pair?.Value ?? '';
      const text = pair === null ? '' : editableText(bytesOf(pair));
      if (text === null) throw new CliError(`The value of ${key} is no text: use -base64`);
      return text;
    };
    const told = (changed: boolean, text: string): void =>
      out(json ? toJson({ Key: key, Changed: changed }) : `${text}: ${key}\n`);

    let stored = await read();
    const { editorFile } = await import('../../cli/kv/editor.ts');
    const file = editorFile(key, env);
    let before = textOf(stored);
    let offered: string | undefined = before;
    let mine = '';
    // What was typed is never thrown away before it is stored.
    let typed = false;
    try {
      for (;;) {
        if (offered !== undefined) {
          mine = withoutAddedNewline(await file.edit(offered), before);
          typed = mine !== before;
        }
        if (!typed && stored !== null) {
          file.remove();
          return told(false, 'Nothing changed');
        }
        if (hasConflict(mine)) throw new CliError('There are still marks of a conflict in it');
        const data = flags.base64 ? Buffer.from(mine, 'base64') : mine;
        const options = { flags: stored?.Flags ?? 0, cas: stored?.ModifyIndex ?? 0 };
        if (await explain('Error! Failed writing data', kv.put(key, data, options))) {
          file.remove();
          return told(true, 'Success! Data written to');
        }
        stored = await read();
        before = textOf(stored);
        const choice = way === 'ask' ? await asked(key, isTerminal) : way;
        if (choice === 'fail') throw new CliError(`Error! ${key} was changed by somebody else`);
        offered = choice === 'merge' ? conflictText(mine, before) : undefined;
      }
    } catch (error) {
      if (typed) err(`What was edited is in ${file.path}\n`);
      else file.remove();
      throw error;
    }
  },
});

/** What to do about the other's change. */
async function asked(key: string, isTerminal: Context['isTerminal']): Promise<Exclude<Way, 'ask'>> {
  if (!isTerminal('stdin') || !isTerminal('stderr')) return 'fail';
  const { askChoice } = await import('../../cli/prompts.ts');
  return askChoice(`${key} was changed by somebody else meanwhile`, [
    { value: 'merge', name: 'Edit both versions together' },
    { value: 'overwrite', name: 'Overwrite the other version with mine' },
    { value: 'fail', name: 'Give up; mine stays in a file' },
  ]);
}
