/** pcapng counts time in 64-bit ticks of whatever length the interface says: `if_tsresol`, draft-ietf-opsawg-pcapng §4.2. */

import type { CaptureBatch } from "./batch.ts";

export interface Ticks {
  /** Ticks in a second, when a power of ten from 10^6 to 10^9: what everybody writes. Else 0. */
  readonly perSecond: number;
  /** Nanoseconds in a tick, when `perSecond` is not 0. */
  readonly nanoseconds: number;
  /** Ticks in a second, always. */
  readonly exact: bigint;
  /** Seconds to add: `if_tsoffset`. */
  readonly offset: number;
}

/** `resolution`: negative power of ten, or with the highest bit set of two. */
export function ticksOf(resolution: number, offset: number): Ticks {
  const exponent = resolution & 0x7f;
  const exact = BigInt(resolution & 0x80 ? 2 : 10) ** BigInt(exponent);
  const simple = resolution >= 6 && resolution <= 9;
  return { perSecond: simple ? 10 ** resolution : 0, nanoseconds: simple ? 10 ** (9 - resolution) : 0, exact, offset };
}

/** Splits a tick count into seconds and nanoseconds, in columns of `batch`. Hot, and without BigInt for the usual resolutions. */
export function writeTime(batch: CaptureBatch, index: number, ticks: Ticks, high: number, low: number): void {
  const unit = ticks.perSecond;
  if (unit === 0) {
    const count = (BigInt(high) << 32n) | BigInt(low);
    batch.seconds[index] = Number(count / ticks.exact) + ticks.offset;
    batch.nanoseconds[index] = Number(((count % ticks.exact) * 1_000_000_000n) / ticks.exact);
    return;
  }
  // 64 bits do not fit a double, but their quotient by 10^6 or more does, wrong by at most one. The remainder of that guess
  // lies between -10^9 and 2 * 10^9: its low 32 bits say all of it, and whether the guess was right.
  let seconds = Math.floor((high * 4_294_967_296 + low) / unit);
  let rest = (low - Math.imul(seconds, unit)) | 0;
  if (rest < 0) {
    seconds--;
    rest += unit;
  } else if (rest >= unit) {
    seconds++;
    rest -= unit;
  }
  batch.seconds[index] = seconds + ticks.offset;
  batch.nanoseconds[index] = rest * ticks.nanoseconds;
}
