import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AppendEntriesRequest,
  AppendEntriesResponse,
  fromLog,
  InstallSnapshotRequest,
  RequestVoteRequest,
  RequestVoteResponse,
  TimeoutNow,
  toLog,
} from '../../../../src/agent/raft/wire.ts';
import { decode, encode } from '../../../../src/lib/msgpack/index.ts';
import type { Schema } from '../../../../src/structs/schema.ts';

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: { readonly response_hex?: string };
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../data/vectors/raft.json'), 'utf8'),
) as Vector[];
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const schemas: [RegExp, Schema<unknown>, Schema<unknown>][] = [
  [/^append-entries/, AppendEntriesRequest, AppendEntriesResponse],
  [/^request-vote/, RequestVoteRequest, RequestVoteResponse],
  [/^timeout-now/, TimeoutNow, TimeoutNow],
];
const cases = vectors.flatMap((v) => {
  const [, request, response] = schemas.find(([pattern]) => pattern.test(v.name)) ?? [];
  return request === undefined || response === undefined ? [] : [[v.name, v, request, response] as const];
});

describe('messages of raft', () => {
  it.each(cases)('read and write %s as recorded', (_, { hex, decoded }, request, response) => {
    const body = bytesOf(hex).subarray(1);
    expect(hexOf(encode(request, decode(request, body)))).toBe(hexOf(body));
    const answer = bytesOf(decoded.response_hex ?? '').subarray(1);
    expect(hexOf(encode(response, decode(response, answer)))).toBe(hexOf(answer));
  });

  it('read the recorded snapshot request', () => {
    const vector = vectors.find((v) => v.name === 'install-snapshot') as Vector;
    const request = decode(InstallSnapshotRequest, bytesOf(vector.hex), 1);
    expect([request.Size, request.SnapshotVersion]).toEqual([40, 1]);
  });

  it('keep entries whole on the way out and in', () => {
    const vector = vectors.find((v) => v.name === 'append-entries-all-log-types') as Vector;
    const { Entries } = decode(AppendEntriesRequest, bytesOf(vector.hex), 1);
    expect(Entries?.length).toBeGreaterThan(3);
    for (const log of Entries ?? []) {
      const entry = fromLog(log);
      if (entry === null) throw new Error('unknown type');
      const again = toLog(entry);
      expect({ ...again, AppendedAt: '' }).toEqual({ ...log, AppendedAt: '' });
      expect(Math.abs(Date.parse(again.AppendedAt) - Date.parse(log.AppendedAt))).toBeLessThan(1);
    }
    expect(fromLog({ ...(Entries?.[0] as NonNullable<typeof Entries>[number]), Type: 9 })).toBeNull();
  });
});
