/** Every error the consensus engine gives to its owner. */

/** Thrown when a call needs the leader and this server is not it. Nothing was proposed. */
export class NotLeader extends Error {
  override readonly name = 'NotLeader';
  constructor() {
    super('node is not the leader');
  }
}

/** Thrown when leadership went away before the outcome was known: the entry may or may not be committed later. */
export class LeadershipLost extends Error {
  override readonly name = 'LeadershipLost';
  constructor() {
    super('leadership lost while committing log');
  }
}

/** Thrown for a change of members that cannot be made, or not now. Nothing was proposed. */
export class BadConfigurationChange extends Error {
  override readonly name = 'BadConfigurationChange';
}

/** Thrown when leadership is being handed to another server. Nothing was proposed. */
export class LeadershipTransferring extends Error {
  override readonly name = 'LeadershipTransferring';
  constructor() {
    super('leadership transfer in progress');
  }
}

/** Thrown when a proposal waited too long, or behind too many others, to be appended. Nothing was proposed. */
export class EnqueueTimeout extends Error {
  override readonly name = 'EnqueueTimeout';
  constructor() {
    super('timed out enqueuing operation');
  }
}

/**
 * Thrown when the disk refused a write. On a server without peers the write did not happen; with peers its entries may
 * already have travelled, and the outcome is open.
 */
export class StorageFailed extends Error {
  override readonly name = 'StorageFailed';
  /** The operating system's code (`ENOSPC`), '' when there is none. */
  readonly code: string;
  constructor(what: string, cause: unknown) {
    const error = asError(cause);
    super(`${what}: ${error.message}`, { cause });
    this.code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  }
}

/** Thrown when an operator's snapshot replaced the state while the proposal was in flight. */
export class AbortedByRestore extends Error {
  override readonly name = 'AbortedByRestore';
  constructor() {
    super('snapshot restored while committing log');
  }
}

/** Thrown by every call after `stop`, and for everything in flight then. */
export class ShuttingDown extends Error {
  override readonly name = 'ShuttingDown';
  constructor() {
    super('raft is already shutdown');
  }
}

/** Thrown by `takeSnapshot` when nothing was applied yet. */
export class NothingToSnapshot extends Error {
  override readonly name = 'NothingToSnapshot';
  constructor() {
    super('nothing new to snapshot');
  }
}

/** Thrown at open when a file of the data directory cannot be what was written there. Names the file. */
export class CorruptStorage extends Error {
  override readonly name = 'CorruptStorage';
  readonly path: string;
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} is corrupt: ${reason}`, options);
    this.path = path;
  }
}

/** A log that is whole, but that this version must not or cannot go on with; nothing of it was touched. */
export class UnusableLog extends Error {
  override readonly name = 'UnusableLog';
  constructor(path: string, what: string) {
    super(`${path} is ${what}`);
  }
}

/** The data directory was written by a newer version; nothing of it was touched. */
export class NewerFormat extends Error {
  override readonly name = 'NewerFormat';
  constructor(dataDir: string, format: number, newest: number) {
    super(
      `data directory ${dataDir} has format ${format}, of a newer version: this one reads up to ${newest}. ` +
        'Start the version that wrote it, or restore a backup into an empty directory',
    );
  }
}

/** What the core refused, as an error for whoever asked. */
export function refusalError(outcome: { readonly reason?: string; readonly detail?: string } | null): Error {
  switch (outcome?.reason) {
    case 'transferring':
      return new LeadershipTransferring();
    case 'badChange':
    case 'noTarget':
      return new BadConfigurationChange(outcome.detail);
    default:
      return new NotLeader();
  }
}

export const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));
