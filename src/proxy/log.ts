/** The proxy's log, in the form of the agent's. */
import { rfc3339 } from '../lib/go-format.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];
type Fields = Readonly<Record<string, unknown>>;

export type Log = (level: Level, text: string, fields?: Fields) => void;

/** The level of a word, in any case; undefined for one that is none. */
export function levelOf(word: string): Level | undefined {
  const lower = word.toLowerCase();
  return lower === 'err' ? 'error' : levels.find((level) => level === lower);
}

export function createLog(lowest: Level, json: boolean, out: (line: string) => void): Log {
  return (level, text, fields = {}) => {
    if (levels.indexOf(level) < levels.indexOf(lowest)) return;
    const time = rfc3339(Date.now());
    if (json) {
      out(
        `${JSON.stringify({ '@level': level, '@message': text, '@module': 'proxy', '@timestamp': time, ...fields })}\n`,
      );
      return;
    }
    const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
    const word = `[${level.toUpperCase()}]`.padEnd(7);
    out(`    ${time} ${word} proxy: ${text}${pairs.length > 0 ? ':' : ''}${pairs.join('')}\n`);
  };
}

function shown(value: unknown): string {
  const text = value instanceof Error ? value.message : String(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
