#!/usr/bin/env node
// Runs tc from its sources, without a build: Node 24 takes the types away, esbuild translates the dashboard's JSX.
'use strict';
const { readdirSync, readFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');

const src = path.join(__dirname, '../src');

registerHooks({
  load(url, context, next) {
    if (!url.endsWith('.tsx')) return next(url, context);
    const { transformSync } = require('esbuild');
    const source = readFileSync(fileURLToPath(url), 'utf8');
    const { code } = transformSync(source, { loader: 'tsx', format: 'esm', jsx: 'automatic', sourcemap: 'inline' });
    return { format: 'module', source: code, shortCircuit: true };
  },
});

const load = (file) => import(pathToFileURL(path.join(src, file)).href);

function commandTable() {
  const table = {};
  for (const file of readdirSync(path.join(src, 'commands'), { recursive: true })) {
    if (!/\.tsx?$/.test(file)) continue;
    const words = file
      .replace(/\.tsx?$/, '')
      .split(path.sep)
      .join(' ');
    table[words] = async () => (await load(path.join('commands', file))).default;
  }
  return table;
}

async function start() {
  const [{ main }, { processIo }, { createUsage, leadingWords, wantsHelp }] = await Promise.all([
    load('cli/main.ts'),
    load('cli/process-io.ts'),
    load('cli/usage.ts'),
  ]);
  const table = commandTable();
  const otherwise = async (argv) => {
    const definitions = {};
    for (const [words, loadCommand] of Object.entries(table)) definitions[words] = await loadCommand();
    const usage = createUsage(definitions, processIo);
    const words = leadingWords(argv);
    return wantsHelp(argv, usage.known(words)) ? usage.help(words) : usage.refuse(words);
  };
  process.exitCode = await main(process.argv.slice(2), table, processIo, otherwise);
}

start();
