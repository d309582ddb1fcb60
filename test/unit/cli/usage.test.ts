import { describe, expect, it } from 'vitest';
import { CliError, type Command, type CommandTable, defineCommand } from '../../../src/cli/command.ts';
import { flag } from '../../../src/cli/flags.ts';
import { flagList, nearest } from '../../../src/cli/help.ts';
import { findCommand, main } from '../../../src/cli/main.ts';
import { createUsage, leadingWords, wantsHelp } from '../../../src/cli/usage.ts';

const get = defineCommand({
  summary: 'Gets',
  usage: 'kv get [options] [KEY]',
  http: 'all',
  flags: { keys: flag.bool('Names.'), format: flag.string('Format.', { extra: true }) },
  run: ({ args, out }) => out(`got ${args.join(' ')}\n`),
});
const failing = defineCommand({
  summary: 'Fails',
  usage: 'info',
  run({ args }) {
    if (args[0] === 'bug') throw new TypeError('of ours');
    throw new CliError('no', 3);
  },
});
const version = defineCommand({ summary: 'Version', usage: 'version', run: ({ out }) => out('v1\n') });
const definitions: Record<string, Command> = { 'kv get': get, 'kv put': get, info: failing, version, top: version };

function console_() {
  let out = '';
  let err = '';
  return {
    io: {
      env: {},
      out: (data: string | Uint8Array) => {
        out += data;
      },
      err: (text: string) => {
        err += text;
      },
      stdin: async () => Buffer.alloc(0),
      interrupted: () => new AbortController().signal,
      keys: () => {},
      isTerminal: () => false,
    },
    printed: () => ({ out, err }),
  };
}

async function tc(...argv: string[]) {
  const { io, printed } = console_();
  const table: CommandTable = Object.fromEntries(Object.entries(definitions).map(([words, one]) => [words, () => one]));
  const usage = createUsage(definitions, io);
  const otherwise = (line: readonly string[]) => {
    const words = leadingWords(line);
    return wantsHelp(line, usage.known(words)) ? usage.help(words) : usage.refuse(words);
  };
  return { exit: await main(argv, table, io, otherwise), ...printed() };
}

describe('finding a command', () => {
  const table = Object.fromEntries(Object.keys(definitions).map((words) => [words, () => get]));

  it('takes the longest run of words before the first flag', () => {
    expect(findCommand(['kv', 'get', 'x'], table)).toBe('kv get');
    expect(findCommand(['kv'], table)).toBeUndefined();
    expect(findCommand(['-x', 'info'], table)).toBeUndefined();
    expect(findCommand(['constructor'], table)).toBeUndefined();
  });

  it('runs it with the words that follow', async () => {
    expect(await tc('kv', 'get', '-keys', 'a', 'b')).toEqual({ exit: 0, out: 'got a b\n', err: '' });
  });

  it('knows the ways to ask for the version', async () => {
    for (const word of ['-v', '-version', '--version', 'version']) expect((await tc(word)).out).toBe('v1\n');
  });
});

describe('what goes wrong', () => {
  it('exits with the code of a told error', async () => {
    expect(await tc('info')).toEqual({ exit: 3, out: '', err: 'no\n' });
  });

  it('asks to report a bug, with its stack', async () => {
    const { exit, err } = await tc('info', 'bug');
    expect(exit).toBe(1);
    expect(err).toMatch(/^This is a bug in tc, .*\nTypeError: of ours\n +at /);
  });

  it('prints a flag error and the list of flags, ours indented more', async () => {
    const { exit, out, err } = await tc('kv', 'get', '-nope');
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toMatch(/^flag provided but not defined: -nope\nUsage:\n {2}-ca-file value\n/);
    expect(err).toContain('\n  -keys\n');
    expect(err).toContain('\n    -format value\n');
    expect(flagList({})).toBe('Usage:\n');
  });
});

describe('help', () => {
  it('goes to stdout and succeeds when asked for, wherever', async () => {
    for (const argv of [
      ['kv', 'get', '-h'],
      ['kv', 'get', 'x', '--help'],
      ['kv', 'get', '-keys', '-help'],
    ]) {
      const { exit, out, err } = await tc(...argv);
      expect({ exit, err }).toEqual({ exit: 0, err: '' });
      expect(out).toMatch(/^Usage: tc kv get \[options\] \[KEY\]\n\n {2}Gets\n\nHTTP API Options\n/);
    }
    expect((await tc('-h')).exit).toBe(0);
    expect((await tc('kv', 'nope', '-h')).out).toMatch(/^Usage: tc kv <subcommand>/);
  });

  it('goes to stderr and fails when a group stands alone or is followed by nonsense', async () => {
    const alone = await tc('kv');
    expect(alone).toMatchObject({ exit: 1, out: '' });
    expect(alone.err).toMatch(
      /^Usage: tc kv <subcommand> \[options\] \[args\]\n[\s\S]*Subcommands:\n {4}get {4}Gets\n/,
    );
    expect((await tc('kv', 'gte')).err).toMatch(/\nUnknown command "kv gte"\. Did you mean "kv get"\?\n$/);
  });

  it('lists all commands when there is none or an unknown one, with exit code 127', async () => {
    for (const argv of [[], ['nope'], ['nope', '-h'], ['kvx', 'get'], ['-foo']]) {
      const { exit, out, err } = await tc(...argv);
      expect({ exit, out }).toEqual({ exit: 127, out: '' });
      expect(err).toMatch(/^Usage: tc \[--version\] \[--help\] <command> \[<args>\]\n/);
      expect(err).toMatch(/More than Consul has:\n {4}top {4}Version\n\nAvailable commands are:\n {4}info/);
    }
  });
});

describe('a guess at what was meant', () => {
  const names = ['members', 'monitor', 'kv', 'lock', 'leave'];
  it.each([
    ['member', 'members'],
    ['memebrs', 'members'],
    ['mon', 'monitor'],
    ['kc', 'kv'],
    ['zzzzzz', undefined],
    ['', undefined],
  ])('of %j is %j', (word, meant) => expect(nearest(word, names)).toBe(meant));
});
