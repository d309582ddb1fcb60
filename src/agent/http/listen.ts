/** Opening the addresses of the API: TCP, and unix sockets with owner and mode. */
import { once } from 'node:events';
import { chmod, chown, lstat, readFile, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Config } from '../config/config.ts';

/** Thrown when an address cannot be opened; the text is Go's. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const unixPrefix = 'unix://';

export async function listen(server: Server, address: string, sockets: Config['unixSockets']): Promise<void> {
  if (!address.startsWith(unixPrefix)) {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    await opened(server, `listen tcp ${address}: bind`, { host, port: Number(address.slice(colon + 1)) });
    return;
  }
  const path = address.slice(unixPrefix.length);
  if ((await lstat(path).catch(() => null)) !== null) await unlink(path);
  await opened(server, `listen unix ${path}: bind`, { path });
  const { user, group, mode } = sockets;
  try {
    if (mode !== '') await chmod(path, Number.parseInt(mode, 8));
    if (user !== '' || group !== '') {
      await chown(path, await idOf('/etc/passwd', user), await idOf('/etc/group', group));
    }
  } catch (error) {
    server.close();
    throw new ListenError(`failed setting up unix socket: ${(error as Error).message}`, { cause: error });
  }
}

async function opened(
  server: Server,
  what: string,
  where: { readonly host?: string; readonly port?: number; readonly path?: string },
): Promise<void> {
  server.listen({ ...where, backlog: 4096 });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new ListenError(`${what}: ${reasons[code] ?? (error as Error).message}`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  ENOTFOUND: 'no such host',
};

/** A number, or a name of the system's table; -1 leaves the owner as it is. */
async function idOf(table: string, name: string): Promise<number> {
  if (name === '') return -1;
  if (/^\d+$/.test(name)) return Number(name);
  const line = (await readFile(table, 'utf8')).split('\n').find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`unknown name ${name}`);
  return Number(line.split(':')[2]);
}
