/** Time as programs see it: nanoseconds since boot, as two 32-bit halves, so that no BigInt is made to read it. */

export interface Clock {
  /** Puts the low half into `out[0]` and the high half into `out[1]`. Never goes back. Hot. */
  read(out: Uint32Array): void;
  /** Present when somebody else moves it: a replay sets it to each packet's time. Earlier times than its own are ignored. */
  set?(seconds: number, nanoseconds: number): void;
  /** Present when somebody else moves it: on its way it stops where a watcher has something to do. */
  watch?(watcher: ClockWatcher): void;
}

/** Somebody with something to do at certain times. */
export interface ClockWatcher {
  /** Nanoseconds since boot; null: nothing. */
  next(): bigint | null;
  /** It is that time. @returns what it took, in instructions; 0 when it cannot be done now. */
  fire(): number;
  /** To throw, when on the way to one time all that took too much. */
  tooMuch(): Error;
}

/** What may be done on the way to one time, in instructions: timers that start themselves anew all the time have no end. */
const MOST_WORK = 64 * 1024 * 1024;

const HALF = 2 ** 32;

/**
 * The time of this process, in the resolution that the platform gives.
 * @param origin `performance.timeOrigin` of the thread whose clock it is: threads start counting when they start.
 */
export function realClock(origin: number = performance.timeOrigin): Clock {
  const offset = performance.timeOrigin - origin;
  return {
    read(out) {
      const nanoseconds = Math.floor((performance.now() + offset) * 1e6);
      out[0] = nanoseconds % HALF;
      out[1] = nanoseconds / HALF;
    },
  };
}

/** A clock that moves only when told: what a program computes with it is the same in every run. */
export interface VirtualClock extends Clock {
  /** @param seconds 0 … 2^32 - 1, e.g. of the Unix epoch. @param nanoseconds 0 … 999,999,999 */
  set(seconds: number, nanoseconds: number): void;
  /** @param nanoseconds 0 … 2^53 - 1 */
  advance(nanoseconds: number): void;
}

/** Starts at `seconds` and `nanoseconds`; default 0. */
export function virtualClock(seconds = 0, nanoseconds = 0): VirtualClock {
  let low = 0;
  let high = 0;
  const watchers: ClockWatcher[] = [];
  /** Goes on to a time; stops on the way where somebody has something to do, and stays there when that fails. */
  const move = (toLow: number, toHigh: number): void => {
    const target = (BigInt(toHigh) << 32n) | BigInt(toLow);
    const stuck = new Set<ClockWatcher>();
    let left = MOST_WORK;
    for (;;) {
      let first: ClockWatcher | null = null;
      let due = target;
      for (const watcher of watchers) {
        const next = stuck.has(watcher) ? null : watcher.next();
        if (next === null || next > due || (first !== null && next === due)) continue;
        first = watcher;
        due = next;
      }
      if (first === null) break;
      if (left <= 0) throw first.tooMuch();
      if (due > ((BigInt(high) << 32n) | BigInt(low))) {
        low = Number(due & 0xffff_ffffn);
        high = Number(due >> 32n);
      }
      const work = first.fire();
      left -= work;
      // It could not, because a program runs.
      if (work === 0) stuck.add(first);
    }
    low = toLow;
    high = toHigh;
  };
  const clock: VirtualClock = {
    watch(watcher) {
      watchers.push(watcher);
    },
    read(out) {
      out[0] = low;
      out[1] = high;
    },
    set(seconds, nanoseconds) {
      // seconds × 10^9 goes beyond 2^53: multiply by halves of 16 bits.
      const small = (seconds % 65_536) * 1e9 + nanoseconds;
      const large = Math.floor(seconds / 65_536) * 1e9;
      const sum = small + (large % 65_536) * 65_536;
      const newHigh = Math.floor(large / 65_536) + Math.floor(sum / HALF);
      const newLow = sum % HALF;
      if (newHigh < high || (newHigh === high && newLow < low)) return;
      if (watchers.length > 0) move(newLow, newHigh);
      low = newLow;
      high = newHigh;
    },
    advance(nanoseconds) {
      const sum = low + (nanoseconds % HALF);
      const newHigh = high + Math.floor(nanoseconds / HALF) + Math.floor(sum / HALF);
      if (watchers.length > 0) move(sum % HALF, newHigh);
      low = sum % HALF;
      high = newHigh;
    },
  };
  clock.set(seconds, nanoseconds);
  return clock;
}

/** A timer that does not keep the host alive: Node would wait for it. */
export function backgroundTimer(run: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(run, milliseconds);
  const handle: unknown = timer;
  if (typeof handle === "object" && handle !== null && "unref" in handle && typeof handle.unref === "function") handle.unref();
  return timer;
}
