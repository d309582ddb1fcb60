/**
 * Vivaldi network coordinates with heights, adjustment and gravity (Dabek et al. 2004; Ledlie et al. 2007; wire facts of Serf,
 * section 7). Distances and times are seconds.
 */
import { distanceSeconds, rawDistanceSeconds } from '../../../../lib/coordinate.ts';
import type { Random } from '../../../../lib/runtime.ts';

export interface Coordinate {
  readonly Vec: readonly number[];
  readonly Error: number;
  readonly Adjustment: number;
  readonly Height: number;
}

const dimensions = 8;
const maxError = 1.5;
const minHeight = 1e-5;
const ce = 0.25;
const cc = 0.25;
const adjustmentWindow = 20;
const latencyFilterSize = 3;
const gravityRho = 150;
const zeroThreshold = 1e-6;
const maxRttSeconds = 10;

export const origin = (): Coordinate => ({
  Vec: new Array<number>(dimensions).fill(0),
  Error: maxError,
  Adjustment: 0,
  Height: minHeight,
});

const magnitude = (v: readonly number[]): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
const diff = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x - (b[i] ?? 0));
export function isValid(c: Coordinate): boolean {
  return c.Vec.length === dimensions && [...c.Vec, c.Error, c.Adjustment, c.Height].every(Number.isFinite);
}

/** Thrown for a peer's coordinate or a time that cannot be right; the sample is left out. */
export class CoordinateError extends Error {
  override readonly name = 'CoordinateError';
}

export class CoordinateClient {
  #me: Coordinate = origin();
  readonly #random: Random;
  readonly #samples = new Array<number>(adjustmentWindow).fill(0);
  #sampleAt = 0;
  readonly #latencies = new Map<string, number[]>();
  /** How often the coordinate became invalid and was started anew. */
  resets = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get coordinate(): Coordinate {
    return this.#me;
  }

  set coordinate(value: Coordinate) {
    if (isValid(value)) this.#me = value;
  }

  forget(node: string): void {
    this.#latencies.delete(node);
  }

  /** Learns from one measured round trip. @throws CoordinateError */
  update(node: string, peer: Coordinate, rttSeconds: number): Coordinate {
    if (peer.Vec.length !== dimensions) throw new CoordinateError("dimensions aren't compatible");
    if (!isValid(peer)) throw new CoordinateError('coordinate has invalid components');
    if (!(rttSeconds >= 0 && rttSeconds <= maxRttSeconds)) {
      throw new CoordinateError(
        `round trip time not in valid range, duration ${rttSeconds}s is not a positive value less than ${maxRttSeconds}s `,
      );
    }
    const rtt = this.#filter(node, rttSeconds);
    this.#vivaldi(peer, rtt);
    this.#adjust(peer, rtt);
    this.#gravitate();
    if (!isValid(this.#me)) {
      this.resets++;
      this.#me = origin();
    }
    return this.#me;
  }

  /** The median of the peer's last samples. */
  #filter(node: string, rtt: number): number {
    const samples = this.#latencies.get(node) ?? [];
    samples.push(rtt);
    if (samples.length > latencyFilterSize) samples.shift();
    this.#latencies.set(node, samples);
    const sorted = [...samples].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? rtt;
  }

  #vivaldi(peer: Coordinate, measured: number): void {
    const rtt = Math.max(measured, zeroThreshold);
    const distance = distanceSeconds(this.#me, peer);
    const wrongness = Math.abs(distance - rtt) / rtt;
    const total = Math.max(this.#me.Error + peer.Error, zeroThreshold);
    const weight = this.#me.Error / total;
    const error = Math.min(maxError, ce * weight * wrongness + this.#me.Error * (1 - ce * weight));
    this.#me = { ...this.#me, Error: error };
    this.#apply(cc * weight * (rtt - distance), peer);
  }

  #adjust(peer: Coordinate, rtt: number): void {
    this.#samples[this.#sampleAt] = rtt - rawDistanceSeconds(this.#me, peer);
    this.#sampleAt = (this.#sampleAt + 1) % adjustmentWindow;
    const sum = this.#samples.reduce((s, x) => s + x, 0);
    this.#me = { ...this.#me, Adjustment: sum / (2 * adjustmentWindow) };
  }

  /** Keeps the whole space from drifting away from its origin. */
  #gravitate(): void {
    const home = origin();
    const distance = distanceSeconds(home, this.#me);
    this.#apply(-1 * (distance / gravityRho) ** 2, home);
  }

  #apply(force: number, other: Coordinate): void {
    const away = diff(this.#me.Vec, other.Vec);
    const length = magnitude(away);
    let unit: number[];
    let height = this.#me.Height;
    if (length > zeroThreshold) {
      unit = away.map((x) => x / length);
      height = Math.max(minHeight, ((height + other.Height) * force) / length + height);
    } else {
      const random = Array.from({ length: dimensions }, () => this.#random.float() - 0.5);
      const randomLength = magnitude(random);
      unit =
        randomLength > zeroThreshold
          ? random.map((x) => x / randomLength)
          : [1, ...new Array<number>(dimensions - 1).fill(0)];
    }
    this.#me = { ...this.#me, Vec: this.#me.Vec.map((x, i) => x + (unit[i] ?? 0) * force), Height: height };
  }
}
