/** Where the certificates of agents are kept: `consul-agent-ca.pem`, `dc1-server-consul-0-key.pem`. Keys are for their owner alone. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { systemText } from '../lib/system-text.ts';
import { CliError } from './command.ts';

export interface PairNames {
  readonly cert: string;
  readonly key: string;
}

export const pairNames = (prefix: string): PairNames => ({ cert: `${prefix}.pem`, key: `${prefix}-key.pem` });

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** @throws CliError when one of them is there */
export async function refuseToOverwrite({ cert, key }: PairNames): Promise<void> {
  for (const file of [cert, key]) if (await exists(file)) throw new CliError(`${file} already exists.`);
}

const mostPairs = 10_000;

/** The first of `prefix-0`, `prefix-1`, ... that is not there. */
export async function freePair(prefix: string): Promise<PairNames> {
  for (let number = 0; number < mostPairs; number++) {
    const names = pairNames(`${prefix}-${number}`);
    if (!(await exists(names.cert)) && !(await exists(names.key))) return names;
  }
  throw new CliError('Could not find a filename that does not already exist');
}

/** Nothing is ever written over. `onSaved` hears each file by name. */
export async function savePair(
  names: PairNames,
  pem: { readonly cert: string; readonly key: string },
  onSaved: (file: string) => void,
): Promise<void> {
  const save = async (file: string, text: string, mode: number): Promise<void> => {
    await writeFile(file, text, { flag: 'wx', mode }).catch((error: unknown) => {
      throw new CliError(`open ${file}: ${systemText(error)}`);
    });
    onSaved(file);
  };
  await save(names.cert, pem.cert, 0o644);
  await save(names.key, pem.key, 0o600);
}

export const readPem = (file: string, what: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError(`${what}: open ${file}: ${systemText(error)}`);
  });
