/** The page at `ui_config.content_path`: our own, or the files of `ui_config.dir`. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { empty, type HttpAnswer } from './answer.ts';
import type { Route } from './api.ts';
import { Rendered } from './rendered.ts';
import { cleanPath } from './target.ts';

const htmlType = 'text/html; charset=utf-8';

const types: Readonly<Record<string, string>> = {
  '.html': htmlType,
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

export function uiRoute(contentPath: string, dir: string): Route {
  return {
    path: contentPath,
    methods: ['GET', 'HEAD'],
    outsideApi: true,
    handler: (request) => (dir === '' ? page() : file(dir, request.rest)),
  };
}

let rendered: Rendered | undefined;

/** Whatever is asked for below the path: the page finds its way itself. */
async function page(): Promise<HttpAnswer> {
  rendered ??= Rendered.text((await import('./ui-page.ts')).uiPage);
  return { status: 200, headers: ['Content-Type', htmlType], body: rendered };
}

/** Paths were cleaned before: none leads out of the folder. */
async function file(dir: string, path: string): Promise<HttpAnswer> {
  const name = cleanPath(`/${path}`);
  const wanted = name.endsWith('/') ? `${name}index.html` : name;
  try {
    const bytes = await readFile(join(dir, wanted));
    const type = types[extname(wanted).toLowerCase()] ?? 'application/octet-stream';
    return { status: 200, headers: ['Content-Type', type], body: new Rendered(bytes) };
  } catch {
    return empty(404);
  }
}
