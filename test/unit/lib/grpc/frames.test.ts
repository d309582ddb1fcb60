import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, frame } from '../../../../src/lib/grpc/frames.ts';
import { codes, GrpcError, statusOf, trailersOf } from '../../../../src/lib/grpc/status.ts';

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(frame));
        const reader = new FrameReader(100);
        const got: Buffer[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const end = at + (cuts[n % cuts.length] as number);
          got.push(...reader.push(bytes.subarray(at, end)));
          at = end;
        }
        expect(got.map((one) => one.toString('hex'))).toEqual(sent.map((one) => Buffer.from(one).toString('hex')));
        expect(reader.isWithin).toBe(false);
      }),
    );
  });

  it('that are too long or compressed are refused before they are read', () => {
    expect(() => new FrameReader(10).push(frame(new Uint8Array(11)).subarray(0, 5))).toThrow(
      'grpc: received message larger than max (11 vs. 10)',
    );
    expect(() => new FrameReader(10).push(Uint8Array.of(1, 0, 0, 0, 0))).toThrow('the message is compressed');
  });
});

describe('the end of a call', () => {
  it('keeps its text through the trailers', () => {
    const error = new GrpcError(codes.aborted, 'reset by "peer": 100 %\né');
    expect(statusOf(trailersOf(error))).toEqual(error);
    expect(error.text).toBe('code = Aborted desc = reset by "peer": 100 %\né');
    expect(statusOf({ 'grpc-status': '14', 'grpc-message': '100 %' })?.message).toBe('100 %');
    expect(statusOf({ 'grpc-status': 'x' })?.code).toBe(codes.unknown);
    expect(statusOf({})).toBeUndefined();
  });
});
