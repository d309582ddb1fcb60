/** Live values for completion, as fast as a key press needs them: kept for a while, given up soon, never an error. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import Keyv from 'keyv';
import { consulHttp } from '../../client/http.ts';
import { resolveSettings, type Settings } from '../../client/settings.ts';
import { nodeTransport } from '../../client/transport-node.ts';
import type { CommandTable, Io } from '../command.ts';
import { parseGoFlags } from '../go-flags.ts';
import { clientOptions } from '../http-flags.ts';
import { type Candidate, type CommandLine, complete, type Values } from './complete.ts';
import { renderCompletion } from './scripts.ts';
import { askFor, cacheKey } from './values.ts';

const keptMs = 10_000;
/** Longer than that nobody waits for a candidate. */
const patienceMs = 1_500;
/** The oldest go first. */
const mostAnswers = 100;

/** Null without a home: nothing is kept then. */
function cacheFile(env: Io['env']): string | null {
  const { XDG_CACHE_HOME, HOME } = env;
  const cache = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
  return cache && isAbsolute(cache) ? join(cache, 'tconsul', 'completion.json') : null;
}

/** What is left of the answers of earlier key presses. */
function load(file: string | null): Map<string, string> {
  try {
    return new Map(file === null ? [] : (JSON.parse(readFileSync(file, 'utf8')) as [string, string][]));
  } catch {
    return new Map();
  }
}

/** Names of keys may be secret: the file is its owner's alone. */
function save(file: string | null, answers: ReadonlyMap<string, string>): void {
  if (file === null) return;
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, JSON.stringify([...answers].slice(-mostAnswers)), { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // Without a place to keep answers each key press asks again.
  }
}

/** The token decides what may be seen, so it is part of the name; only as a hash. */
const nameOf = (settings: Settings, key: string): string =>
  createHash('sha256')
    .update(JSON.stringify([settings.scheme, settings.authority, settings.headers, settings.query, key]))
    .digest('hex');

/** Where to ask, by the flags that are given so far. */
function settingsOf(io: Io, { flags, rest }: CommandLine): Settings {
  const parsed = parseGoFlags(flags, rest, { anywhere: true });
  return resolveSettings(clientOptions(io, parsed.ok ? parsed.values : {}));
}

function liveValues(io: Io): Values {
  return async (kind, prefix, line) => {
    try {
      const settings = settingsOf(io, line);
      const file = cacheFile(io.env);
      const answers = load(file);
      const cache = new Keyv<Candidate[]>({ store: answers, ttl: keptMs });
      // All of a kind, or a folder of keys: what fits is chosen later.
      const folder = kind === 'key' ? prefix.slice(0, prefix.lastIndexOf('/') + 1) : '';
      const name = nameOf(settings, cacheKey(kind, { folder, line }));
      const kept = await cache.get(name);
      if (kept !== undefined) return kept;
      const http = consulHttp(settings, nodeTransport(settings));
      try {
        const options = { stale: true, timeoutMs: patienceMs };
        const found = await askFor(kind, { http, folder, options, line });
        await cache.set(name, found);
        save(file, answers);
        return found;
      } finally {
        http.close();
      }
    } catch {
      // A line that completes to nothing says enough.
      return [];
    }
  };
}

/** What the scripts get for the words of a line, the last of them unfinished. */
export const answer = async (line: readonly string[], commands: CommandTable, io: Io): Promise<string> =>
  renderCompletion(await complete(line, commands, liveValues(io)));
