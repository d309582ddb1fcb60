/** Profiles of this very process by V8's inspector, which is loaded with the first of them. */
import type { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';

export type ProfileKind = 'cpu' | 'heap';

export interface Profile {
  /** With the extension by which developer tools know the format. */
  readonly fileName: string;
  readonly json: string;
}

/** Which profiles are being taken: V8 takes one of a kind at a time. */
const busy = new Set<ProfileKind>();

/**
 * cpu: where the time went meanwhile. heap: a sample of what was allocated meanwhile and is still in use, with V8's
 * figures of the whole heap; never its contents, which hold keys and tokens. Rejects when one is under way already,
 * or the signal aborts.
 */
export async function takeProfile(kind: ProfileKind, durationMs: number, signal: AbortSignal): Promise<Profile> {
  if (busy.has(kind)) throw new Error(`${kind} profiling already in use`);
  busy.add(kind);
  try {
    const { Session: InspectorSession } = await import('node:inspector/promises');
    const session = new InspectorSession();
    session.connect();
    try {
      return await (kind === 'cpu' ? cpu : heap)(session, () => sleep(durationMs, undefined, { signal }));
    } finally {
      session.disconnect();
    }
  } finally {
    busy.delete(kind);
  }
}

async function cpu(session: Session, pause: () => Promise<void>): Promise<Profile> {
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await pause();
  const { profile } = await session.post('Profiler.stop');
  return { fileName: 'profile.cpuprofile', json: JSON.stringify(profile) };
}

async function heap(session: Session, pause: () => Promise<void>): Promise<Profile> {
  await session.post('HeapProfiler.enable');
  await session.post('HeapProfiler.startSampling');
  await pause();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  return { fileName: 'heap.heapprofile', json: JSON.stringify({ ...profile, statistics: getHeapStatistics() }) };
}
