import { describe, expect, it } from 'vitest';
import { shownCommandLine } from '../../../src/cli/process-title.ts';

describe('what ps shows', () => {
  it.each([
    [['agent', '-dev', '-encrypt=abc='], 'tc agent -dev -encrypt=<hidden>'],
    [['agent', '-encrypt', 'abc=', '-node=x'], 'tc agent -encrypt <hidden> -node=x'],
    [['agent', '-hcl=acl { tokens { master = "x" } }'], 'tc agent -hcl=<hidden>'],
    [['kv', 'get', '--token=x', 'k'], 'tc kv get --token=<hidden> k'],
    [['watch', '-token', 'x', '-type=key'], 'tc watch -token <hidden> -type=key'],
  ])('%j is %s', (argv, shown) => {
    expect(shownCommandLine(argv)).toBe(shown);
  });

  it.each([[['agent', '-dev', '-hcl=ports { https = 8501 }']], [['kv', 'get', '-token-file=x', 'k']], [[]]])(
    '%j is left alone',
    (argv) => {
      expect(shownCommandLine(argv)).toBe(null);
    },
  );
});
