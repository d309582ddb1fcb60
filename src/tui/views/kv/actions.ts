/** What can be done to keys. Writes to a key that is there are check-and-set: nobody's change is lost. */
import { escapePath } from '../../../lib/go-url.ts';
import { type Action, shellLine, startAction } from '../../app/actions.ts';
import { textBox } from '../../components/text-box.ts';
import { type KvEntry, kvKey } from '../../source/queries.ts';
import { type Failure, SourceError } from '../../source/source.ts';
import { type Line, sanitize, span } from '../../text.ts';
import type { ViewContext } from '../view.ts';
import { diffLines } from './diff.ts';
import { drawDiff } from './diff-lines.ts';
import { decode } from './value.ts';

const pathOf = (key: string): string => `/v1/kv/${escapePath(key)}`;

/** Longer values do not belong on a command line that people read. */
const longestShown = 60;

export function putAction({ source }: ViewContext, prefix: string): Action {
  return {
    title: 'Put a new key',
    fields: [
      { name: 'key', label: 'Key', initial: prefix, required: true },
      { name: 'value', label: 'Value' },
    ],
    command: ({ key = '', value = '' }) => shellLine('tc', 'kv', 'put', '-cas', '-modify-index=0', key, value),
    async run({ key = '', value = '' }, signal) {
      const done = await source.write({ method: 'PUT', path: pathOf(key), params: { cas: '0' }, body: value }, signal);
      if (done !== true) throw refused(`there is a key "${key}" already: edit it`);
      return `${key} is written`;
    },
  };
}

export function deleteAction({ source }: ViewContext, entry: KvEntry): Action {
  const { key, modifyIndex, session } = entry;
  return {
    title: 'Delete the key',
    warning: session === '' ? '' : 'A session holds it.',
    command: () => shellLine('tc', 'kv', 'delete', '-cas', `-modify-index=${modifyIndex}`, key),
    async run(_values, signal) {
      const params = { cas: String(modifyIndex) };
      const done = await source.write({ method: 'DELETE', path: pathOf(key), params }, signal);
      if (done !== true) throw refused('the key has changed since: look again');
      return `${key} is deleted`;
    },
  };
}

export function deleteFolderAction({ source }: ViewContext, prefix: string): Action {
  return {
    title: 'Delete the folder',
    warning: 'Every key below it is deleted. There is no way back but a snapshot.',
    command: () => shellLine('tc', 'kv', 'delete', '-recurse', prefix),
    async run(_values, signal) {
      await source.write({ method: 'DELETE', path: pathOf(prefix), params: { recurse: '' } }, signal);
      return `everything below ${prefix} is deleted`;
    },
  };
}

function refused(message: string): SourceError {
  const failure: Failure = { kind: 'refused', message };
  return new SourceError(failure);
}

/** The editor, the question whether to write, and, when somebody else was quicker, the conflict. */
export async function editEntry(context: ViewContext, entry: KvEntry, text = decode(entry.value)): Promise<void> {
  if (context.readOnly) {
    context.say({ text: 'read-only: tc top was started with -read-only', tone: 'warn' });
    return;
  }
  if (text === undefined) {
    context.say({ text: 'the value is no text: tc kv put KEY @FILE writes bytes', tone: 'warn' });
    return;
  }
  const edited = await context.edit(text, entry.key.split('/').at(-1)!);
  if (edited === undefined) context.say({ text: 'nothing was changed', tone: 'muted' });
  else startAction(context, writeAction(context, entry, edited));
}

function writeAction(context: ViewContext, entry: KvEntry, edited: string): Action {
  const { key, modifyIndex, flags } = entry;
  const shown = edited.length > longestShown || edited.includes('\n') ? '@FILE' : edited;
  return {
    title: `Write ${key}`,
    command: () =>
      shellLine(
        'tc',
        'kv',
        'put',
        '-cas',
        `-modify-index=${modifyIndex}`,
        ...(flags === '0' ? [] : [`-flags=${flags}`]),
        key,
        shown,
      ),
    async run(_values, signal) {
      const params = { cas: String(modifyIndex), ...(flags !== '0' && { flags }) };
      const done = await context.source.write({ method: 'PUT', path: pathOf(key), params, body: edited }, signal);
      if (done === true) return `${key} is written`;
      showConflict(context, entry, edited, await context.source.read(kvKey(key), signal));
      throw refused('somebody changed the key meanwhile: nothing was written');
    },
  };
}

/** What they did and what you did, both against what you began with; below it what can be done about it. */
function showConflict(context: ViewContext, base: KvEntry, mine: string, theirs: KvEntry | undefined): void {
  const before = decode(base.value) ?? '';
  const now = theirs ?? { ...base, value: new Uint8Array(), modifyIndex: 0 };
  context.act(`${base.key} has changed meanwhile`, [
    { ...writeAction(context, now, mine), title: 'Write mine over theirs' },
    {
      title: 'Edit mine again',
      harmless: true,
      command: () => '',
      async run() {
        await editEntry(context, now, mine);
        return 'edited again';
      },
    },
  ]);
  context.show((close) =>
    textBox({
      title: [span('Conflict ', 'bad', { bold: true }), span(sanitize(base.key), 'plain', { bold: true })],
      lines: (width): Line[] => [
        [span('What they changed', 'accent', { bold: true })],
        ...(theirs === undefined
          ? [[span('  they deleted the key', 'bad')]]
          : drawDiff(diffLines(before, decode(theirs.value) ?? ''), width)),
        [],
        [span('What you changed', 'accent', { bold: true })],
        ...drawDiff(diffLines(before, mine), width),
        [],
        [span('Nothing was written. Close this to choose what to do.', 'muted')],
      ],
      close,
    }),
  );
}
