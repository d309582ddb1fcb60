import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flag } from '../../../src/cli/flags.ts';
import { parseGoFlags } from '../../../src/cli/go-flags.ts';
import { asksForHelp } from '../../../src/lib/go-flags.ts';

const flags = {
  deep: flag.bool('bool'),
  on: flag.bool('bool', { initial: true }),
  name: flag.string('string', { initial: 'x' }),
  tag: flag.strings('list'),
  meta: flag.pairs('pairs'),
  n: flag.int('int', { initial: 1 }),
  port: flag.atoi('atoi'),
  index: flag.uint64('uint64'),
  wait: flag.durationMs('duration'),
};

const values = (...argv: string[]) => {
  const parsed = parseGoFlags(flags, argv);
  if (!parsed.ok) throw new Error(parsed.message);
  return { ...parsed.values, args: parsed.args };
};
const message = (...argv: string[]) => {
  const parsed = parseGoFlags(flags, argv);
  return parsed.ok ? undefined : parsed.message;
};

describe('Go flags', () => {
  it('takes one dash or two, with = or a following word', () => {
    for (const argv of [['-name=a'], ['--name=a'], ['-name', 'a'], ['--name', 'a']]) {
      expect(values(...argv)).toMatchObject({ name: 'a', args: [] });
    }
  });

  it('keeps = in values and takes empty values', () => {
    expect(values('-name=a=b')).toMatchObject({ name: 'a=b' });
    expect(values('-name=')).toMatchObject({ name: '' });
    expect(values('-name', '')).toMatchObject({ name: '' });
  });

  it('gives a boolean its value only with =', () => {
    expect(values('-deep', 'false')).toMatchObject({ deep: true, args: ['false'] });
    expect(values('-on=f')).toMatchObject({ on: false });
    for (const word of ['1', 't', 'T', 'true', 'TRUE', 'True'])
      expect(values(`-deep=${word}`)).toMatchObject({ deep: true });
  });

  it('takes a value that looks like a flag', () => {
    expect(values('-name', '-deep')).toMatchObject({ name: '-deep', deep: false });
  });

  it('stops at the first word that is no flag, and after --', () => {
    expect(values('-deep', 'key', '-name=a')).toMatchObject({ deep: true, name: 'x', args: ['key', '-name=a'] });
    expect(values('--', '-deep')).toMatchObject({ deep: false, args: ['-deep'] });
    expect(values('-', '-deep')).toMatchObject({ deep: false, args: ['-', '-deep'] });
  });

  it('collects flags that repeat and remembers the order of all', () => {
    const parsed = parseGoFlags(flags, ['-tag=a', '-meta=k=1', '-tag', 'b', '-meta=l=']);
    expect(parsed).toMatchObject({
      ok: true,
      values: { tag: ['a', 'b'], meta: { k: '1', l: '' } },
      given: [
        { name: 'tag', text: 'a' },
        { name: 'meta', text: 'k=1' },
        { name: 'tag', text: 'b' },
        { name: 'meta', text: 'l=' },
      ],
    });
  });

  it('reads numbers in every base Go does', () => {
    expect(values('-n=0x1f')).toMatchObject({ n: 31 });
    expect(values('-n=017')).toMatchObject({ n: 15 });
    expect(values('-n=-0b11')).toMatchObject({ n: -3 });
    expect(values('-port=017')).toMatchObject({ port: 17 });
    expect(values('-index=18446744073709551615')).toMatchObject({ index: 18446744073709551615n });
    expect(values('-wait=1m30s')).toMatchObject({ wait: 90_000 });
  });

  it('refuses with the texts of Go', () => {
    expect(message('-nope')).toBe('flag provided but not defined: -nope');
    expect(message('--nope=1')).toBe('flag provided but not defined: -nope');
    expect(message('-name')).toBe('flag needs an argument: -name');
    expect(message('---name')).toBe('bad flag syntax: ---name');
    expect(message('-=x')).toBe('bad flag syntax: -=x');
    expect(message('-deep=x')).toBe('invalid boolean value "x" for -deep: parse error');
    expect(message('-n=x')).toBe('invalid value "x" for flag -n: parse error');
    expect(message('-n=9223372036854775808')).toBe(
      'invalid value "9223372036854775808" for flag -n: value out of range',
    );
    expect(message('-index=-1')).toBe('invalid value "-1" for flag -index: parse error');
    expect(message('-index=18446744073709551616')).toContain('value out of range');
    expect(message('-wait=5')).toBe('invalid value "5" for flag -wait: parse error');
    expect(message('-meta=rack')).toBe('invalid value "rack" for flag -meta: Missing "=" value in argument: rack');
    expect(message('-port=abc')).toBe(
      'invalid value "abc" for flag -port: strconv.Atoi: parsing "abc": invalid syntax',
    );
    expect(message('-port', '')).toBe('invalid value "" for flag -port: strconv.Atoi: parsing "": invalid syntax');
  });

  it('does not take names of Object for flags', () => {
    expect(message('-constructor')).toBe('flag provided but not defined: -constructor');
    expect(message('-__proto__=1')).toBe('flag provided but not defined: -__proto__');
  });

  it('finds a request for help anywhere before --', () => {
    expect(asksForHelp(['a', '-h'])).toBe(true);
    expect(asksForHelp(['-name', '-help'])).toBe(true);
    expect(asksForHelp(['--help'])).toBe(true);
    expect(asksForHelp(['a', '--', '-h'])).toBe(false);
    expect(asksForHelp(['-hx', 'help'])).toBe(false);
  });

  it('never throws, and keeps every word after the flags', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('-deep', '-name', '--tag=x', '-n=1', '--', '-', '-wait', '1s'));
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        const parsed = parseGoFlags(flags, argv);
        if (parsed.ok) expect(argv.slice(argv.length - parsed.args.length)).toEqual(parsed.args);
        else expect(parsed.message).not.toBe('');
      }),
    );
  });
});
