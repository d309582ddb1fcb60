/** The checks of this machine: they need no agent. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../lib/message-of.ts';
import { systemText } from '../../lib/system-text.ts';
import { error, type Finding, note, ok, warning } from './finding.ts';

const minFreeShare = 0.1;
const minFreeBytes = 1 << 30;

/** Whether the directory is there, may be written, and has room. */
export function checkDataDir(folder: string): Finding[] {
  const check = 'data directory';
  if (!existsSync(folder)) return [note(check, `${folder} is not there yet: the agent makes it`)];
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    return [
      error(check, `${folder}: ${systemText(thrown)}`, `chown -R the agent's user ${folder}, or run as that user`),
    ];
  }
  const { bavail, blocks, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `${folder}, ${Math.round((bavail / blocks) * 100)}% (${(free / 2 ** 30).toFixed(1)} GB) free`;
  const fix = 'make room: docs/operations/disk-full.md';
  if (free < minFreeBytes / 10) return [error('disk space', text, fix)];
  if (free < minFreeBytes || bavail / blocks < minFreeShare) return [warning('disk space', text, fix)];
  return [ok(check, text)];
}

const flushes = 20;
const slowFlushMs = 20;
const verySlowFlushMs = 200;

/** Time of a small write with its flush: every commit of Raft waits for one. */
export async function checkFlush(folder: string): Promise<Finding[]> {
  const check = 'disk flush';
  if (!existsSync(folder)) return [];
  let scratch: string | null = null;
  try {
    scratch = await mkdtemp(join(folder, '.doctor-'));
    const handle = await open(join(scratch, 'flush'), 'wx', 0o600);
    const timesMs: number[] = [];
    try {
      for (let i = 0; i < flushes; i++) {
        const startMs = performance.now();
        await handle.write(Buffer.alloc(4096, i));
        await handle.datasync();
        timesMs.push(performance.now() - startMs);
      }
    } finally {
      await handle.close();
    }
    timesMs.sort((a, b) => a - b);
    const median = timesMs[flushes >> 1]!;
    const text = `median ${median.toFixed(1)} ms, worst ${timesMs.at(-1)!.toFixed(1)} ms of ${flushes}`;
    const fix = 'put the data directory on a faster disk, or one that is not shared';
    if (median > verySlowFlushMs) return [error(check, text, fix)];
    return [median > slowFlushMs ? warning(check, text, fix) : ok(check, text)];
  } catch (thrown) {
    return [note(check, `not checked: ${systemText(thrown)}`)];
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
  }
}

const enoughFiles = 16_384;

/** Open files that the agent may have; those of this shell where no agent runs here. */
export function checkFileLimit(pid: number | null): Finding[] {
  const check = 'file descriptors';
  let limits: string;
  try {
    limits = readFileSync(`/proc/${pid ?? 'self'}/limits`, 'utf8');
  } catch (thrown) {
    return [note(check, `not checked: ${systemText(thrown)}`)];
  }
  const [, soft = ''] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  const whose = pid === null ? 'a process started here' : 'the agent';
  if (soft === 'unlimited' || Number(soft) >= enoughFiles) return [ok(check, `${whose} may open ${soft}`)];
  const fix = 'LimitNOFILE=65536 in the unit file, or `ulimit -n 65536` before the start';
  return [warning(check, `${whose} may open ${soft} only: each watch and each connection takes one`, fix)];
}

/** Whether the addresses that the agent would listen on are free: for one that does not run. */
export async function checkPorts(addresses: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const address of addresses) {
    if (address.startsWith('unix://')) continue;
    const at = address.lastIndexOf(':');
    const server = createServer();
    try {
      const host = address.slice(0, at).replace(/^\[|\]$/g, '');
      server.listen({ port: Number(address.slice(at + 1)), host, exclusive: true });
      await once(server, 'listening');
    } catch (thrown) {
      const fix = `see who has it: ss -ltnp 'sport = :${address.slice(at + 1)}'`;
      findings.push(error('ports', `${address}: ${systemText(thrown)}`, fix));
    } finally {
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  }
  return findings.length > 0 ? findings : [ok('ports', `${addresses.join(', ')} are free`)];
}

const dayMs = 86_400_000;
const soonDays = 30;

export function checkCertificate(file: string, nowMs: number): Finding[] {
  const check = 'certificate';
  try {
    const { validTo } = new X509Certificate(readFileSync(file));
    const days = Math.floor((Date.parse(validTo) - nowMs) / dayMs);
    const fix = `replace ${file}, then: tc reload`;
    if (days < 0) return [error(check, `${file} ended on ${validTo}`, fix)];
    if (days < soonDays) return [warning(check, `${file} ends in ${days} days`, fix)];
    return [ok(check, `${file} is valid for ${days} days`)];
  } catch (thrown) {
    return [error(check, `${file}: ${(thrown as { code?: string }).code ? systemText(thrown) : messageOf(thrown)}`)];
  }
}
