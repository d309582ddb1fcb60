/**
 * The commands as oclif knows them: classes made from the definitions, help class, and the hook for words that are no
 * command. Loaded only for help, mistakes and the manifest; plain commands never get here.
 */
import { Command as OclifCommand } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import * as OclifFlags from '@oclif/core/flags';
import { HelpBase } from '@oclif/core/help';
import { run as runOclif } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import type { Command, Io } from './command.ts';
import type { Flag } from './flags.ts';
import { httpFlags } from './http-flags.ts';
import { runCommand } from './run.ts';
import { createUsage, type Definitions, leadingWords, wantsHelp } from './usage.ts';

type CommandClass = typeof OclifCommand & (new (...args: never[]) => OclifCommand);

export interface Oclif {
  /** What package.json's `oclif` block points to. */
  readonly commands: Readonly<Record<string, CommandClass>>;
  readonly Help: typeof HelpBase;
  readonly commandNotFound: (options: { readonly id?: string }) => Promise<void>;
  /** Answers a command line that is no plain command. Resolves to the exit code. */
  run(argv: readonly string[]): Promise<number>;
  /** Content of oclif.manifest.json. */
  manifest(): Promise<unknown>;
}

const flagOf = ({ bool, doc: summary, repeats, choices }: Flag) => {
  if (bool) return OclifFlags.boolean({ summary });
  const options = choices === undefined ? {} : { options: [...choices] };
  return repeats
    ? OclifFlags.string({ summary, multiple: true, ...options })
    : OclifFlags.string({ summary, ...options });
};

/** `root` is the folder of package.json. */
export function createOclif(definitions: Definitions, root: string, io: Io): Oclif {
  const usage = createUsage(definitions, io);
  // oclif's own run returns nothing; what it called leaves the exit code here.
  let exitCode = 0;

  class Help extends HelpBase {
    override async showHelp(argv: string[]): Promise<void> {
      const words = leadingWords(argv).flatMap((word) => word.split(':'));
      exitCode = wantsHelp(argv, usage.known(words)) ? usage.help(words) : usage.refuse(words);
    }

    override async showCommandHelp(command: { id: string }): Promise<void> {
      await this.showHelp([command.id, '--help']);
    }
  }

  function classOf(words: string, definition: Command): CommandClass {
    const flags = Object.entries({ ...definition.flags, ...httpFlags(definition.http) });
    return class extends OclifCommand {
      static override id = words.replaceAll(' ', ':');
      static override summary = definition.summary;
      static override description = definition.description ?? definition.summary;
      static override usage = definition.usage;
      static override examples = (definition.examples ?? []).map(([line, what]) => `${what}\n$ tc ${line}`);
      static override strict = false;
      static override flags = Object.fromEntries(flags.map(([name, flag]) => [name, flagOf(flag)]));

      /** Go's flags are not oclif's: the words are handed to our own runner as they are. */
      override async run(): Promise<void> {
        exitCode = await runCommand(definition, this.argv, io);
      }
    } as CommandClass;
  }

  return {
    commands: Object.fromEntries(
      Object.entries(definitions).map(([words, definition]) => [
        words.replaceAll(' ', ':'),
        classOf(words, definition),
      ]),
    ),
    Help: Help as unknown as typeof HelpBase,
    async commandNotFound({ id = '' }) {
      exitCode = usage.refuse(id.split(':'));
    },

    async run(argv) {
      const words = leadingWords(argv);
      const known = usage.known(words);
      settings.enableAutoTranspile = false;
      await runOclif(wantsHelp(argv, known) ? [...known.split(' ').filter(Boolean), '--help'] : [...words], { root });
      return exitCode;
    },

    async manifest() {
      const config = await Config.load({ root, ignoreManifest: true });
      // Every plugin of oclif has one; its public type leaves it out.
      const plugin = config.plugins.get(config.name) as unknown as { manifest: unknown };
      return plugin.manifest;
    },
  };
}
