/** The project's files as the tidy test sees them: text, code without comments and strings, imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export interface Import {
  /** Path from the root for relative imports, else as written ('node:fs', 'react'). */
  readonly target: string;
  readonly kind: 'value' | 'type' | 'lazy';
  readonly line: number;
}

export interface Source {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Comments and the insides of strings are blanks; lines and columns are as in `text`. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Folders; `.git` is a file in a linked worktree. */
const ignoredNames = new Set(['node_modules', 'dist', '.git', '.vitest', 'coverage', 'tmp']);

/** Everything that belongs to the project, sorted. */
export function projectFiles(): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (ignoredNames.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !entry.name.endsWith('.log')) found.push(relative(root, path));
    }
  };
  walk(root);
  return found.sort();
}

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

export function readSource(path: string): Source {
  const text = readText(path);
  const { code, uncommented } = blankOut(text);
  return { path, text, code, imports: findImports(path, uncommented, code) };
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** `path:line: match` for every match of the pattern, which must be global. */
export function matches(path: string, text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => `${path}:${lineAt(text, match.index)}: ${match[0].trim()}`);
}

function findImports(path: string, uncommented: string, code: string): Import[] {
  const imports: Import[] = [];
  const add = (match: RegExpExecArray, specifier: string, kind: Import['kind']) => {
    // Program text inside a string imports nothing.
    if (code[match.index] === ' ') return;
    const target = specifier.startsWith('.') ? join(dirname(path), specifier) : specifier;
    imports.push({ target, kind, line: lineAt(uncommented, match.index) });
  };
  for (const match of uncommented.matchAll(/\b(?:import|export)\s+(type\s)?([^'"`;=()]*?)\bfrom\s*['"]([^'"]+)['"]/g)) {
    const names = /\{([^}]*)\}/.exec(match[2]!)?.[1];
    const onlyTypes = names?.split(',').every((name) => /^\s*(type\s|$)/.test(name));
    add(match, match[3]!, match[1] || (onlyTypes && /^\s*\{/.test(match[2]!)) ? 'type' : 'value');
  }
  for (const match of uncommented.matchAll(/\bimport\s*['"]([^'"]+)['"]/g)) add(match, match[1]!, 'value');
  for (const match of uncommented.matchAll(/(\btypeof\s+)?\bimport\(\s*['"]([^'"]+)['"]/g)) {
    add(match, match[2]!, match[1] ? 'type' : 'lazy');
  }
  return imports;
}

/** Walks over comments, strings, templates and regular expressions. */
function blankOut(text: string): { code: string; uncommented: string } {
  let code = '';
  let uncommented = '';
  let at = 0;
  /** Depths of braces at which a template's `${` ends. */
  const templates: number[] = [];
  let depth = 0;

  const blank = (part: string) => part.replace(/[^\n]/g, ' ');
  const comment = (end: number) => {
    const part = blank(text.slice(at, end));
    code += part;
    uncommented += part;
    at = end;
  };
  const literal = (end: number) => {
    code += blank(text.slice(at, end));
    uncommented += text.slice(at, end);
    at = end;
  };
  const template = () => {
    let end = at + 1;
    while (end < text.length && text[end] !== '`' && !(text[end] === '$' && text[end + 1] === '{')) {
      end += text[end] === '\\' ? 2 : 1;
    }
    if (text[end] === '$') {
      templates.push(depth++);
      literal(end + 2);
    } else literal(end + 1);
  };

  while (at < text.length) {
    const char = text[at]!;
    const pair = text.slice(at, at + 2);
    if (pair === '//') comment(endOr(text.indexOf('\n', at), text.length));
    else if (pair === '/*') comment(endOr(text.indexOf('*/', at) + 2, text.length));
    else if (char === "'" || char === '"') literal(endOfQuoted(text, at, char));
    else if (char === '`') template();
    else if (char === '/' && startsRegex(code)) literal(endOfRegex(text, at));
    else if (char === '}' && templates.at(-1) === depth - 1) {
      depth = templates.pop()!;
      template();
    } else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      code += char;
      uncommented += char;
      at++;
    }
  }
  return { code, uncommented };
}

const endOr = (end: number, otherwise: number): number => (end < 2 ? otherwise : end);

function endOfQuoted(text: string, start: number, quote: string): number {
  let end = start + 1;
  while (end < text.length && text[end] !== quote && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** A slash divides after a value, and starts a regular expression anywhere else. */
function startsRegex(before: string): boolean {
  const trimmed = before.trimEnd();
  return trimmed === '' || /[(,=:[!&|?{};+\-*%<>~^]$/.test(trimmed) || /\b(return|typeof|case|of|in)$/.test(trimmed);
}

function endOfRegex(text: string, start: number): number {
  let end = start + 1;
  let inClass = false;
  while (end < text.length && text[end] !== '\n' && (inClass || text[end] !== '/')) {
    if (text[end] === '[') inClass = true;
    if (text[end] === ']') inClass = false;
    end += text[end] === '\\' ? 2 : 1;
  }
  return end + 1;
}
