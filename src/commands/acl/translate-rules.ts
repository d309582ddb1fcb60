import { saying, tokenId } from '../../cli/acl.ts';
import { CliError, defineCommand } from '../../cli/command.ts';
import { readData } from '../../cli/data-argument.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { aclApi } from '../../client/acl.ts';

export default defineCommand({
  summary: 'Translate the legacy rule syntax into the current syntax',
  usage: 'acl translate-rules [options] TRANSLATE',
  description: `Prints rules from before 1.4 as they are written today. TRANSLATE is the text of the rules, @FILE with them, "-" for stdin, or with one of the flags the id of a token that has such rules.`,
  examples: [
    ['acl translate-rules @rules.hcl', 'A file:'],
    ['acl translate-rules -token-accessor 1b2f4c9e-6a3d-4e58-9c07-2d5f8a1e7b34', 'What an old token may do:'],
  ],
  http: 'all',
  flags: {
    'token-accessor': flag.bool('The argument is the accessor id of a token.'),
    'token-secret': flag.bool('The argument is the secret of a token.'),
    format: formatFlag,
  },
  async run({ args, flags, out, http, stdin }) {
    const json = wantsJson(flags.format);
    const [argument, ...more] = args;
    if (argument === undefined) throw new CliError('Error! Missing TRANSLATE argument');
    if (more.length > 0) throw new CliError(`Error! Too many arguments: expected 1 got ${args.length}`);
    let rules: string;
    if (flags['token-accessor'] || flags['token-secret']) {
      const acl = aclApi(http());
      const token = flags['token-secret']
        ? await saying('Error reading token', acl.self(argument))
        : await saying(
            'Error reading token',
            tokenId(acl, argument).then((id) => acl.token(id)),
          );
      if (!token.Rules) throw new CliError('Token is not a legacy token with rules');
      rules = token.Rules;
    } else rules = (await readData(argument, { stdin })).toString();
    const { translateRules } = await import('../../agent/acl/translate.ts');
    try {
      const translated = translateRules(rules).trimEnd();
      out(json ? toJson({ Rules: translated }) : `${translated}\n`);
    } catch (error) {
      throw new CliError(`Error translating rules: ${(error as Error).message}`);
    }
  },
});
