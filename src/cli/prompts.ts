/** Questions to whoever sits at the terminal, by inquirer. Loaded with the first question. */
import { checkbox, confirm, input, select } from '@inquirer/prompts';
import type { Questions } from './acl-forms.ts';
import { CliError } from './command.ts';

/** What ctrl-C ends with. */
const interruptedExit = 130;

async function answered<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') throw new CliError('Cancelled', interruptedExit);
    throw error;
  }
}

// Questions go to stderr: stdout may be a file.
const context = { output: process.stderr };

export const askConfirmation = (message: string): Promise<boolean> =>
  answered(confirm({ message, default: false }, context));

export interface Choice<T> {
  readonly value: T;
  readonly name: string;
}

export const askChoice = <T>(message: string, choices: readonly Choice<T>[]): Promise<T> =>
  answered(select({ message, choices }, context));

/** A check gives what is wrong with an answer, or null. */
export const questions: Questions = {
  text: (message, check) =>
    answered(input({ message, ...(check && { validate: (answer: string) => check(answer) ?? true }) }, context)),
  one: (message, choices) => askChoice(message, choices),
  some: (message, choices) => answered(checkbox({ message, choices }, context)),
  yes: askConfirmation,
};
