/** Finding and reading the files of a configuration, in Consul's order. */
import { SyntaxFault } from '../../lib/hcl/errors.ts';
import { parseHcl } from '../../lib/hcl/hcl.ts';
import { parseJson } from '../../lib/hcl/json.ts';
import type { PlainObject } from '../../lib/hcl/plain.ts';
import { systemText } from '../../lib/system-text.ts';
import { decode } from './decode.ts';
import { ConfigError, errorList } from './go-errors.ts';
import type { Files } from './host.ts';
import { schema } from './schema.ts';
import { type Source, withSingles } from './settings.ts';

export interface SourceText {
  readonly name: string;
  readonly format: 'hcl' | 'json';
  readonly text: string;
}

/**
 * The texts behind paths of files and directories (read without subdirectories, sorted by name). `format` '' goes by
 * the extension; what it does not cover is skipped with a warning. Throws ConfigError.
 */
export function readSources(paths: readonly string[], format: string, files: Files, warnings: string[]): SourceText[] {
  const texts: SourceText[] = [];
  for (const path of paths) {
    for (const file of filesBehind(path, files)) {
      const known = format !== '' ? (format as 'hcl' | 'json') : formatOf(file);
      if (known === undefined) {
        warnings.push(`skipping file ${file}, extension must be .hcl or .json, or config format must be set`);
        continue;
      }
      texts.push({ name: file, format: known, text: readText(file, files) });
    }
  }
  return texts;
}

/** Parses and decodes one text. Throws ConfigError naming the source. */
export function decodeSource({ name, format, text }: SourceText): Source {
  const { value, unknownKeys, problems } = decode(parseText(name, format, text), schema);
  if (problems.length > 0) {
    const list = problems.map((problem) => `* ${problem}`).join('\n');
    throw new ConfigError(`failed to parse ${name}: ${problems.length} error(s) decoding:\n\n${list}`);
  }
  if (unknownKeys.length > 0) {
    throw new ConfigError(
      `failed to parse ${name}: ${errorList(unknownKeys.map((key) => `invalid config key ${key}`))}`,
    );
  }
  return withSingles(value);
}

function parseText(name: string, format: 'hcl' | 'json', text: string): PlainObject {
  if (text.trim() === '') return {};
  try {
    if (format === 'hcl') return parseHcl(text);
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as PlainObject;
    if (value === null) return {};
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw new ConfigError(
      `failed to parse ${name}: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    );
  } catch (error) {
    if (error instanceof SyntaxFault) throw new ConfigError(`failed to parse ${name}: ${error.message}`);
    throw error;
  }
}

function filesBehind(path: string, files: Files): string[] {
  if (kindOf(path, files) === 'file') return [path];
  let names: readonly string[];
  try {
    names = files.list(path);
  } catch (error) {
    throw new ConfigError(`config: Readdir failed on ${path}. ${systemText(error)}`);
  }
  const directory = path.replace(/\/+$/, '');
  return [...names]
    .sort()
    .map((name) => `${directory}/${name}`)
    .filter((file) => kindOf(file, files) === 'file');
}

function kindOf(path: string, files: Files): 'file' | 'directory' {
  try {
    return files.kindOf(path);
  } catch (error) {
    throw new ConfigError(`config: Open failed on ${path}. open ${path}: ${systemText(error)}`);
  }
}

function readText(path: string, files: Files): string {
  try {
    return files.readText(path);
  } catch (error) {
    throw new ConfigError(`config: ReadFile failed on ${path}: open ${path}: ${systemText(error)}`);
  }
}

function formatOf(file: string): 'hcl' | 'json' | undefined {
  if (file.endsWith('.json')) return 'json';
  return file.endsWith('.hcl') ? 'hcl' : undefined;
}
