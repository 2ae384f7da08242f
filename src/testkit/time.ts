/** Time that moves only when a test says so. */

import { type VirtualClock, virtualClock } from "../engine/embedded/clock.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const SECOND = 1_000_000_000n;

/** `"2s"`, `"1.5ms"`, `"1h"` (units: ns us ms s m h), or nanoseconds. */
export type Duration = string | number | bigint;

/** In nanoseconds. @throws RangeError for what is no duration, or is negative. */
function nanosecondsOf(duration: Duration): bigint {
  if (typeof duration === "bigint" && duration >= 0n) return duration;
  if (typeof duration === "number" && Number.isSafeInteger(duration) && duration >= 0) return BigInt(duration);
  const [, whole = "", fraction = "", unit = ""] =
    /^(\d+)(?:\.(\d{1,9}))?\s*(ns|us|ms|s|m|h)$/.exec(String(duration).trim()) ?? [];
  const scale = UNITS[unit];
  if (scale === undefined)
    throw new RangeError(`time: expected a duration like "250ms" or "2s", or nanoseconds, found ${String(duration)}`);
  return BigInt(whole) * scale + (fraction === "" ? 0n : (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length));
}

export class VirtualTime {
  /** For `openEmbedded`. */
  readonly clock: VirtualClock;
  readonly #parts = new Uint32Array(2);

  /** Use `virtualTime`. */
  constructor(start: bigint) {
    this.clock = virtualClock(Number(start / SECOND), Number(start % SECOND));
  }

  /** Nanoseconds: what `bpf_ktime_get_ns` gives. */
  get now(): bigint {
    this.clock.read(this.#parts);
    return (BigInt(this.#parts[1]!) << 32n) | BigInt(this.#parts[0]!);
  }

  /** Goes on by a duration. */
  advance(duration: Duration): void {
    const to = this.now + nanosecondsOf(duration);
    this.clock.set(Number(to / SECOND), Number(to % SECOND));
  }
}

/** Begins at `start` after boot; default 0. `load` makes one when none is given. */
export function virtualTime(start: Duration = 0): VirtualTime {
  return new VirtualTime(nanosecondsOf(start));
}
