/**
 * Bundles src/ into dist/, and writes oclif.manifest.json and the manual pages.
 *
 * - dist/main.cjs: finds the command. dist/commands/*.cjs: one self-contained file a command, so that a one-shot command
 *   reads two small files and its compile cache holds exactly what it runs.
 * - dist/oclif.js and dist/esm/: everything else as split ES modules. What a command brings in by `import()` (the agent,
 *   the dashboard, got) becomes an entry there; nothing else decides what is loaded late.
 *
 * Nothing is done when no source changed since the last build. `--force` builds anyway.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp');

/** Native or optional: resolved when needed, from node_modules. */
const oclifModule = './oclif.js';
const external = ['node-unix-socket', 'esbuild', 'typescript'];

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Names, sizes and times of all that goes in. */
function stampOf(): string {
  const hash = createHash('sha256').update(process.version);
  const inputs = [
    ...filesBelow(src),
    import.meta.filename,
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
  ];
  for (const file of inputs) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

interface CommandFile {
  /** `kv get` */
  readonly words: string;
  readonly file: string;
  /** Name in dist/commands. */
  readonly output: string;
}

function commandFiles(): CommandFile[] {
  const folder = join(src, 'commands');
  return filesBelow(folder)
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => {
      const path = relative(folder, file).replace(/\.tsx?$/, '');
      return { words: path.replaceAll('/', ' '), file, output: path.replaceAll('/', '-') };
    });
}

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  external,
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: { 'react-devtools-core': join(root, 'scripts/empty.ts') },
  legalComments: 'none',
  minifySyntax: true,
  logLevel: 'warning',
  metafile: true,
};

/** Bundles, and remembers of which packages something is left in what comes out. */
const packages = new Set<string>();
async function bundle(options: BuildOptions): Promise<void> {
  const { metafile } = await build(options);
  for (const { inputs } of Object.values(metafile?.outputs ?? {})) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
      if (folder !== undefined && bytesInOutput > 0) packages.add(folder);
    }
  }
}

interface Bundled {
  /** Below the root. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Each once, wherever else it is installed too. */
function bundled(): Bundled[] {
  const all = [...packages]
    .sort()
    .map((folder) => ({ ...JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')), folder }) as Bundled);
  return [...new Map(all.map((one) => [`${one.name}@${one.version}`, one])).values()];
}

/** The bill of materials, as CycloneDX: every package whose code is in the files of dist/, with its digest as it was installed. */
function billOfMaterials(): string {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Bundled;
  const component = (of: Omit<Bundled, 'folder'>, type: string) => ({
    type,
    'bom-ref': `pkg:npm/${of.name.replace('@', '%40')}@${of.version}`,
    name: of.name,
    version: of.version,
    purl: `pkg:npm/${of.name.replace('@', '%40')}@${of.version}`,
    ...(of.license !== undefined && { licenses: [{ license: { id: of.license } }] }),
  });
  const components = bundled().map(({ folder, ...of }) => {
    const sha512 = /^sha512-(\S+)/.exec(locked[folder]?.integrity ?? '')?.[1];
    const digest = sha512 === undefined ? undefined : Buffer.from(sha512, 'base64').toString('hex');
    return { ...component(of, 'library'), ...(digest && { hashes: [{ alg: 'SHA-512', content: digest }] }) };
  });
  const metadata = { component: component({ name, version, ...(license && { license }) }, 'application') };
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata, components }, null, 2)}\n`;
}

/** What the licences of those packages want: that they are passed on. */
function licences(): string {
  const texts = bundled().map(({ folder, name, version, license }) => {
    const file = readdirSync(join(root, folder)).find((one) => /^licen[sc]e/i.test(one));
    const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim();
    return `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
  });
  return `Parts of these packages are in the files of this folder.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** `import()` in a one-shot bundle leaves it: the module becomes an entry of the ES half. `up` leads to dist/. */
function lateModules(entries: Set<string>, up: string): Plugin {
  return {
    name: 'late-modules',
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        if (path === oclifModule) return { path, external: true };
        const file = resolve(resolveDir, path);
        entries.add(file);
        return { path: `${up}esm/${relative(src, file).replace(/\.tsx?$/, '')}.js`, external: true };
      });
      // Too large for every command that may need it.
      onResolve({ filter: /^re2js$/ }, () => ({ path: `${up}re2js.cjs`, external: true }));
    },
  };
}

/** Sources run as they are, where a package is loaded late by `createRequire`; a bundle has it inside, and loads it late too. */
const lateRequire: Plugin = {
  name: 'late-require',
  setup({ onLoad }) {
    onLoad({ filter: /src\/lib\/go-regexp\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/createRequire\(import\.meta\.url\)\(('[^']+')\)/, 'require($1)'),
      loader: 'ts',
    }));
  },
};

async function buildOneShot(commands: readonly CommandFile[], out: string): Promise<Set<string>> {
  const late = new Set<string>();
  const options: BuildOptions = { ...shared, format: 'cjs', outExtension: { '.js': '.cjs' } };
  const table = commands.map(
    ({ words, output }) => `  ${JSON.stringify(words)}: () => require('./commands/${output}.cjs').default,`,
  );
  const main = `
    import { main } from './cli/main.ts';
    import { processIo } from './cli/process-io.ts';
    import { hideSecrets } from './cli/process-title.ts';
    const table = {\n${table.join('\n')}\n};
    const oclif = async (argv) => (await import('${oclifModule}')).run(argv);
    export const run = (argv) => {
      hideSecrets(argv);
      return main(argv, table, processIo, oclif);
    };
  `;
  await Promise.all([
    bundle({ ...options, entryPoints: ['re2js'], outfile: join(out, 're2js.cjs') }),
    bundle({
      ...options,
      stdin: { contents: main, resolveDir: src, sourcefile: 'main.js' },
      outfile: join(out, 'main.cjs'),
      external: [...external, './commands/*'],
      plugins: [lateModules(late, './'), lateRequire],
    }),
    bundle({
      ...options,
      entryPoints: commands.map(({ file, output }) => ({ in: file, out: output })),
      outdir: join(out, 'commands'),
      plugins: [lateModules(late, '../'), lateRequire],
    }),
  ]);
  return late;
}

/**
 * An ES import of a built-in reads all it exports, lazy parts included: `node:http` would bring its WebSocket client, and
 * `node:crypto` its web API, 3 MiB that no agent uses.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(http|https|crypto)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** Of dns2 we use sockets and framing; DNS over HTTPS would load HTTP/2 with the first query. */
const noDoh: Plugin = {
  name: 'no-doh',
  setup({ onResolve }) {
    onResolve({ filter: /\/doh$/ }, ({ importer }) =>
      importer.includes('/dns2/') ? { path: join(root, 'scripts/empty.ts') } : undefined,
    );
  },
};

async function buildModules(commands: readonly CommandFile[], late: Iterable<string>, out: string): Promise<void> {
  const imports = commands.map(({ file }, at) => `import c${at} from ${JSON.stringify(file)};`);
  const table = commands.map(({ words }, at) => `  ${JSON.stringify(words)}: c${at},`);
  const oclif = `
    import { manPages } from './cli/man.ts';
    import { createOclif } from './cli/oclif.ts';
    import { processIo } from './cli/process-io.ts';
    ${imports.join('\n')}
    const root = new URL('..', import.meta.url).pathname;
    import { ownVersion } from './cli/version.ts';
    const table = {\n${table.join('\n')}\n};
    export const { commands, Help, commandNotFound, run, manifest } = createOclif(table, decodeURIComponent(root), processIo);
    export const man = () => manPages({ version: ownVersion, commands: table });
  `;
  const virtual: Plugin = {
    name: 'oclif-entry',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^entry:oclif$/ }, () => ({ path: 'oclif', namespace: 'entry' }));
      onLoad({ filter: /.*/, namespace: 'entry' }, () => ({ contents: oclif, resolveDir: src }));
    },
  };
  await bundle({
    ...shared,
    format: 'esm',
    splitting: true,
    // The agent keeps its own text in memory.
    minifyWhitespace: true,
    outdir: out,
    chunkNames: 'esm/chunks/[name]-[hash]',
    entryPoints: [
      { in: 'entry:oclif', out: 'oclif' },
      ...[...late].map((file) => ({ in: file, out: `esm/${relative(src, file).replace(/\.tsx?$/, '')}` })),
    ],
    plugins: [virtual, lateRequire, lazyBuiltins, noDoh],
    // CommonJS packages inside the bundle ask for built-ins with require.
    banner: {
      js: `import { createRequire as createRequire_ } from 'node:module';
import { dirname as dirname_ } from 'node:path';
import { fileURLToPath as fileURLToPath_ } from 'node:url';
const require = createRequire_(import.meta.url);
const __filename = fileURLToPath_(import.meta.url);
const __dirname = dirname_(__filename);`,
    },
  });
}

/** What is made from the definitions of the commands: the manifest, and the manual pages. */
async function describeCommands(): Promise<void> {
  const { manifest, man } = (await import(pathToFileURL(join(dist, 'oclif.js')).href)) as {
    manifest(): Promise<unknown>;
    man(): Map<string, string>;
  };
  const manual = join(dist, 'man/man1');
  mkdirSync(manual, { recursive: true });
  for (const [name, text] of man()) writeFileSync(join(manual, name), text);
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
}

async function main(): Promise<void> {
  const stamp = stampOf();
  const fresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (fresh && existsSync(join(root, 'oclif.manifest.json')) && !process.argv.includes('--force')) return;

  // Built beside and swapped in: a running `tc` never sees half a build.
  const out = join(root, `node_modules/.cache/tconsul/dist-new-${process.pid}`);
  const old = join(root, `node_modules/.cache/tconsul/dist-old-${process.pid}`);
  try {
    mkdirSync(out, { recursive: true });
    const commands = commandFiles();
    const late = await buildOneShot(commands, out);
    await buildModules(commands, late, out);
    writeFileSync(join(out, 'THIRD-PARTY-LICENCES.txt'), licences());
    writeFileSync(join(out, 'sbom.cdx.json'), billOfMaterials());
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(out, dist);
  } finally {
    rmSync(out, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  await describeCommands();
  writeFileSync(stampFile, stamp);
}

await main();
