/** Figures of the machine for agent/host, in the structure that Consul has from gopsutil. */
import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, freemem, hostname, release, totalmem, uptime } from 'node:os';

/** `dataDir` tells which file system is shown; empty in development mode. */
export async function hostInfo(dataDir: string, nowMs: number): Promise<Record<string, unknown>> {
  return {
    Memory: await memory(),
    CPU: cpuList(),
    Host: await host(nowMs),
    Disk: await disk(dataDir),
    CollectionTime: nowMs * 1e6,
    Errors: null,
  };
}

async function memory(): Promise<Record<string, number>> {
  const table = parseTable(await readText('/proc/meminfo'), ':');
  const bytes = (name: string): number => Number.parseInt(table[name] ?? '0', 10) * 1024;
  const total = bytes('MemTotal') || totalmem();
  const free = bytes('MemFree') || freemem();
  const available = bytes('MemAvailable') || free;
  const buffers = bytes('Buffers');
  const cached = bytes('Cached') + bytes('SReclaimable');
  const used = total - free - buffers - cached;
  return {
    total,
    available,
    used,
    usedPercent: (used / total) * 100,
    free,
    active: bytes('Active'),
    inactive: bytes('Inactive'),
    wired: 0,
    laundry: 0,
    buffers,
    cached,
    writeback: bytes('Writeback'),
    dirty: bytes('Dirty'),
    writebacktmp: bytes('WritebackTmp'),
    shared: bytes('Shmem'),
    slab: bytes('Slab'),
    sreclaimable: bytes('SReclaimable'),
    sunreclaim: bytes('SUnreclaim'),
    pagetables: bytes('PageTables'),
    swapcached: bytes('SwapCached'),
    commitlimit: bytes('CommitLimit'),
    committedas: bytes('Committed_AS'),
    hightotal: bytes('HighTotal'),
    highfree: bytes('HighFree'),
    lowtotal: bytes('LowTotal'),
    lowfree: bytes('LowFree'),
    swaptotal: bytes('SwapTotal'),
    swapfree: bytes('SwapFree'),
    mapped: bytes('Mapped'),
    vmalloctotal: bytes('VmallocTotal'),
    vmallocused: bytes('VmallocUsed'),
    vmallocchunk: bytes('VmallocChunk'),
    hugepagestotal: Number(table['HugePages_Total'] ?? 0),
    hugepagesfree: Number(table['HugePages_Free'] ?? 0),
    hugepagesize: bytes('Hugepagesize'),
  };
}

const cpuList = (): Record<string, unknown>[] =>
  cpus().map(({ model, speed }, i) => ({
    cpu: i,
    vendorId: '',
    family: '',
    model: '',
    stepping: 0,
    physicalId: '',
    coreId: '',
    cores: 1,
    modelName: model,
    mhz: speed,
    cacheSize: 0,
    flags: [],
    microcode: '',
  }));

async function host(nowMs: number): Promise<Record<string, unknown>> {
  const os = parseTable(await readText('/etc/os-release'), '=');
  const unquoted = (name: string): string => (os[name] ?? '').replace(/^"|"$/g, '');
  const uptimeSeconds = Math.floor(uptime());
  return {
    hostname: hostname(),
    uptime: uptimeSeconds,
    bootTime: Math.floor(nowMs / 1000) - uptimeSeconds,
    procs: 0,
    os: process.platform,
    platform: unquoted('ID'),
    platformFamily: unquoted('ID_LIKE') || unquoted('ID'),
    platformVersion: unquoted('VERSION_ID'),
    kernelVersion: release(),
    kernelArch: arch() === 'x64' ? 'x86_64' : arch(),
    virtualizationSystem: '',
    virtualizationRole: '',
    hostid: (await readText('/etc/machine-id')).trim(),
  };
}

async function disk(dataDir: string): Promise<Record<string, unknown>> {
  const path = dataDir === '' ? '/' : dataDir;
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
  const used = (blocks - bfree) * bsize;
  const reachable = used + bavail * bsize;
  return {
    path,
    fstype: '',
    total: blocks * bsize,
    free: bavail * bsize,
    used,
    usedPercent: reachable === 0 ? 0 : (used / reachable) * 100,
    inodesTotal: files,
    inodesUsed: files - ffree,
    inodesFree: ffree,
    inodesUsedPercent: files === 0 ? 0 : ((files - ffree) / files) * 100,
  };
}

/** Empty where the system has no such file. */
const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

function parseTable(text: string, separator: string): Record<string, string | undefined> {
  const table: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf(separator);
    if (at > 0) table[line.slice(0, at)] = line.slice(at + 1).trim();
  }
  return table;
}
