/** House rules, checked on the sources themselves. Every offence is listed with file and line. */
import { describe, expect, it } from 'vitest';
import { type Import, matches, projectFiles, readSource, readText, type Source } from './tidy/source.ts';

const files = projectFiles();
const isSource = (path: string) => /\.(ts|tsx|mts)$/.test(path);
const sources = files.filter(isSource).map(readSource);
const inSrc = sources.filter(({ path }) => path.startsWith('src/'));

/** What the rules must not say themselves, lest they break them. */
const word = (...parts: string[]) => parts.join('');

const isUnder = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`));

/** Offences against a rule over imports: `allowed` decides on each import of the files under `folder`. */
function importsOf(folder: string, allowed: (target: string, kind: Import['kind'], from: Source) => boolean): string[] {
  return inSrc
    .filter(({ path }) => isUnder(path, [folder]))
    .flatMap((source) =>
      source.imports
        .filter(({ target, kind }) => target.startsWith('src/') && !allowed(target, kind, source))
        .map(({ target, kind, line }) => `${source.path}:${line}: ${kind} import of ${target}`),
    );
}

/** The parts of the agent everybody in it may know: contracts without behaviour. */
const agentContracts = ['src/agent/errors.ts', 'src/agent/telemetry/api.ts', 'src/agent/config/config.ts'];

/** The language of wire formats: it describes structs and knows none of ours. */
const schemaLanguage = ['src/structs/schema.ts', 'src/structs/dict.ts', 'src/structs/make.ts'];

describe('arrows point down', () => {
  it('commands, cli and the dashboard know the client, not the agent', () => {
    const rule = (target: string, kind: Import['kind'], { path }: Source) => {
      if (!isUnder(target, ['src/agent'])) return true;
      if (path === 'src/commands/agent.ts') return true;
      // These do the agent's own work without one, and load it when they do.
      const borrowers = [
        'src/commands/acl',
        'src/commands/validate.ts',
        'src/cli/service-files.ts',
        'src/commands/operator/recover.ts',
        'src/commands/operator/upgrade-check.ts',
        'src/commands/snapshot',
        'src/commands/doctor.ts',
      ];
      return isUnder(path, borrowers) && kind !== 'value';
    };
    for (const folder of ['src/commands', 'src/cli', 'src/tui']) expect(importsOf(folder, rule)).toEqual([]);
  });

  it('the client knows nothing of our agent, nor of who uses it', () => {
    expect(importsOf('src/client', (target) => isUnder(target, ['src/client', 'src/structs', 'src/lib']))).toEqual([]);
  });

  it('watches are clients of the API, in the command and in the agent', () => {
    const below = ['src/watch', 'src/client', 'src/lib'];
    expect(importsOf('src/watch', (target) => isUnder(target, below))).toEqual([]);
    const users = ['src/watch', 'src/commands/watch.ts', 'src/agent/watches.ts'];
    const rule = (target: string, _kind: string, { path }: Source) =>
      !isUnder(target, ['src/watch']) || isUnder(path, users);
    expect(importsOf('src', rule)).toEqual([]);
  });

  it('the proxy of the mesh is a client like any other, and nobody but its command knows it', () => {
    const below = ['src/proxy', 'src/client', 'src/structs', 'src/lib'];
    expect(importsOf('src/proxy', (target) => isUnder(target, below))).toEqual([]);
    const users = ['src/proxy', 'src/commands/connect/proxy.ts'];
    const rule = (target: string, _kind: string, { path }: Source) =>
      !isUnder(target, ['src/proxy']) || isUnder(path, users);
    expect(importsOf('src', rule)).toEqual([]);
  });

  it('nobody but the command knows the composition root', () => {
    const rule = (target: string, _kind: string, { path }: Source) =>
      target !== 'src/agent/agent.ts' || path === 'src/commands/agent.ts';
    expect(importsOf('src', rule)).toEqual([]);
  });

  it('the agent knows no commands and no dashboard', () => {
    const rule = (target: string, kind: Import['kind']) =>
      kind === 'type' || !isUnder(target, ['src/commands', 'src/cli', 'src/tui', 'src/client']);
    expect(importsOf('src/agent', rule)).toEqual([]);
  });

  it.each(['http', 'dns', 'local'])('%s reaches the store and raft through calls by name only', (part) => {
    const behind = ['src/agent/server', 'src/agent/state', 'src/agent/raft'];
    expect(importsOf(`src/agent/${part}`, (target, kind) => kind === 'type' || !isUnder(target, behind))).toEqual([]);
  });

  it.each([
    ['src/agent/state', ['src/agent/state', 'src/structs', 'src/lib', ...agentContracts]],
    ['src/agent/raft', ['src/agent/raft', 'src/lib', ...schemaLanguage, ...agentContracts]],
    ['src/agent/gossip', ['src/agent/gossip', 'src/lib', ...schemaLanguage, ...agentContracts]],
    ['src/agent/telemetry', ['src/agent/telemetry', 'src/lib', ...agentContracts]],
    ['src/snapshot', ['src/snapshot', 'src/structs', 'src/lib']],
    ['src/structs', ['src/structs', 'src/lib']],
    // The codecs are driven by the descriptions of the structs, not by the structs.
    ['src/lib', ['src/lib', ...schemaLanguage]],
  ])('%s imports only what lies below it', (folder, below) => {
    expect(importsOf(folder, (target) => isUnder(target, below))).toEqual([]);
  });
});

describe('cores are pure', () => {
  const cores = [
    ...['src/agent/raft/core', 'src/agent/state', 'src/structs'],
    ...['src/lib/btree', 'src/lib/msgpack', 'src/lib/hcl', 'src/lib/go-json'],
  ];
  const coreSources = inSrc.filter(({ path }) => isUnder(path, cores));

  it('they import nothing of Node', () => {
    const offences = coreSources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target.startsWith('node:'))
        .map(({ target, line }) => `${path}:${line}: ${target}`),
    );
    expect(offences).toEqual([]);
  });

  it('they read no clock, draw no random numbers and start no timers', () => {
    const impure =
      /\bDate\.now\b|\bnew Date(?:\(\s*\)|\b(?!\s*\())|\bMath\.random\b|\bperformance\.|\bprocess\.|\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b|\bcrypto\./g;
    expect(coreSources.flatMap(({ path, code }) => matches(path, code, impure))).toEqual([]);
  });
});

describe('sources', () => {
  it('leave nothing for later', () => {
    const banned = new RegExp(`\\b(${['TO DO', 'FIX ME', 'XX X'].join('|').replaceAll(' ', '')})\\b`, 'g');
    expect(sources.flatMap(({ path, text }) => matches(path, text, banned))).toEqual([]);
  });

  it('run all their tests', () => {
    // A test may find at run time that it cannot run: `return test.skip('why')`.
    const partial =
      /\b(?:it|describe|bench)(?:\.\w+)*\.(?:only|skip|todo)\b|\btest\.only\b|(?<!return )\btest\.(?:skip|todo)\b/g;
    const tests = sources.filter(({ path }) => path.startsWith('test/'));
    expect(tests.flatMap(({ path, code }) => matches(path, code, partial))).toEqual([]);
  });

  it('have at most 450 lines, tables of declarations aside', () => {
    const tables = ['src/structs', 'src/agent/rpc/signatures.ts', 'src/agent/config/schema.ts'];
    const long = sources
      .filter(({ path }) => !isUnder(path, tables))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 450);
    expect(long).toEqual([]);
  });

  it('say in their first lines what they are for', () => {
    // A command says it in its definition, for the help as well.
    const speaks = ({ path, text }: Source) =>
      /^(#!.*\n)?\s*\/[/*]/.test(text) || (isUnder(path, ['src/commands']) && /^ {2}summary: ./m.test(text));
    const silent = inSrc.filter((source) => !speaks(source)).map(({ path }) => `${path}:1`);
    expect(silent).toEqual([]);
  });

  it('import with the extension of the file, from within the project', () => {
    const offences = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => /^(src|test|scripts)\//.test(target) && !files.includes(target))
        .map(({ target, line }) => `${path}:${line}: ${target}`),
    );
    expect(offences).toEqual([]);
  });

  it('are all used', () => {
    const used = new Set(
      sources
        .filter(({ path }) => !path.startsWith('test/'))
        .flatMap(({ path, imports }) => imports.map(({ target }) => target).filter((target) => target !== path)),
    );
    const mentioned = files.filter((path) => path.startsWith('scripts/') || path.startsWith('bin/')).map(readText);
    const isEntry = (path: string) =>
      isUnder(path, ['src/commands']) || mentioned.some((text) => text.includes(path.slice('src/'.length)));
    expect(inSrc.map(({ path }) => path).filter((path) => !used.has(path) && !isEntry(path))).toEqual([]);
  });
});

describe('the project speaks of itself alone', () => {
  const isText = (path: string) => !/\.(png|jpg|gif|ico|gz|snap|bin|woff2?)$/.test(path);

  it('names no place of one machine and no package index', () => {
    const folders = [word('/wo', 'rk/(?:main|shared)'), word('/tmp/br', 'ief'), word('/ro', 'ot/')];
    const hosts = [word('registry\\.np', 'mjs'), word('registry\\.ya', 'rnpkg'), word('artif', 'actory')];
    const pattern = new RegExp([...folders, ...hosts].join('|'), 'gi');
    expect(files.filter(isText).flatMap((path) => matches(path, readText(path), pattern))).toEqual([]);
  });
});
