/**
 * Timers and work queues of programs (`bpf_timer`, `bpf_wq`; kernel/bpf/helpers.c), in order of time. With a virtual clock they fire when
 * it is moved, each at its time; with a real one when the host's event loop comes by. None fires while a program runs.
 */

import { FaultError } from "../../errors.ts";
import type { Clock } from "../clock.ts";

/** Runs a function of a program when no program runs on its CPU. */
export type Deferred = () => void;

interface Timer {
  callback: Deferred | null;
  /** Whose function that is. */
  owner: object | null;
  /** Nanoseconds since boot; null: not started. */
  due: bigint | null;
  /** Of those that are due at one time the first started comes first. */
  order: number;
}

const now = new Uint32Array(2);

/** Most timers that fire in one go before the host's other work comes: a callback may start its timer anew for the same time. */
const MOST_AT_ONCE = 100_000;

export class Timers {
  readonly #clock: Clock;
  /** By address of the field in a map's value. */
  readonly #timers = new Map<number, Timer>();
  readonly #isBusy: () => boolean;
  readonly #report: (fault: FaultError) => void;
  #order = 0;
  #wake: ReturnType<typeof setTimeout> | null = null;
  /** The one whose callback runs. */
  #firing: Timer | null = null;

  /** @param isBusy whether a program runs. @param report hears of faults where nobody waits for what timers do. */
  constructor(clock: Clock, isBusy: () => boolean, report: (fault: FaultError) => void) {
    this.#clock = clock;
    this.#isBusy = isBusy;
    this.#report = report;
    clock.watch?.({ next: () => this.next, fire: () => this.fire() });
  }

  /** When the next one is due, in nanoseconds since boot; null when none is started. */
  get next(): bigint | null {
    return this.#first()?.due ?? null;
  }

  /** Milliseconds until then, for a thread that sleeps; undefined when none is started. */
  get patience(): number | undefined {
    const due = this.next;
    return due === null ? undefined : Math.max(Number(due - this.#now()) / 1e6, 0);
  }

  has(address: number): boolean {
    return this.#timers.has(address);
  }

  hasCallback(address: number): boolean {
    return (this.#timers.get(address)?.callback ?? null) !== null;
  }

  isFiring(address: number): boolean {
    return this.#firing !== null && this.#timers.get(address) === this.#firing;
  }

  add(address: number): void {
    this.#timers.set(address, { callback: null, owner: null, due: null, order: 0 });
  }

  setCallback(address: number, callback: Deferred, owner: object): void {
    const timer = this.#timers.get(address);
    if (timer === undefined) return;
    timer.callback = callback;
    timer.owner = owner;
  }

  /** @param absolute whether `nanoseconds` is a time, or how long from now. */
  start(address: number, nanoseconds: bigint, absolute: boolean): void {
    const timer = this.#timers.get(address);
    if (timer === undefined) return;
    timer.due = absolute ? nanoseconds : this.#now() + nanoseconds;
    timer.order = ++this.#order;
    this.#schedule();
  }

  /** Whether it was started. Its callback is gone. */
  cancel(address: number): boolean {
    const timer = this.#timers.get(address);
    if (timer === undefined) return false;
    const started = timer.due !== null;
    timer.due = null;
    timer.callback = null;
    return started;
  }

  /** The field is no timer any more: its entry was deleted, or its map is gone. */
  drop(address: number): void {
    this.cancel(address);
    this.#timers.delete(address);
  }

  /** A program is closed: its functions run no more. */
  cancelOf(owner: object): void {
    for (const [address, timer] of this.#timers) if (timer.owner === owner) this.cancel(address);
    this.#schedule();
  }

  /**
   * Runs those that are due by now. @throws what a callback throws: FaultError for a program that was stopped; the others wait for the
   * next time.
   */
  fire(): void {
    if (this.#firing !== null || this.#isBusy()) return;
    for (let count = 0; count < MOST_AT_ONCE; count++) {
      const timer = this.#first();
      if (timer === null || timer.due === null || timer.due > this.#now()) break;
      timer.due = null;
      this.#firing = timer;
      try {
        timer.callback?.();
      } finally {
        this.#firing = null;
      }
    }
    this.#schedule();
  }

  /** `fire` where nobody waits for it: a fault is reported, and those that were due after it fire the next time. */
  fireAlone(): void {
    try {
      this.fire();
    } catch (error) {
      this.#schedule();
      if (!(error instanceof FaultError)) throw error;
      this.#report(error);
    }
  }

  /** Nothing fires any more. */
  close(): void {
    this.#timers.clear();
    this.#schedule();
  }

  #first(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers.values()) {
      if (timer.due === null) continue;
      if (first === null || timer.due < first.due! || (timer.due === first.due && timer.order < first.order)) first = timer;
    }
    return first;
  }

  #now(): bigint {
    this.#clock.read(now);
    return (BigInt(now[1]!) << 32n) | BigInt(now[0]!);
  }

  /** A clock that nobody moves goes by itself: wakes up when the next one is due. Does not keep the host alive. */
  #schedule(): void {
    if (this.#clock.watch !== undefined) return;
    if (this.#wake !== null) clearTimeout(this.#wake);
    this.#wake = null;
    const due = this.next;
    if (due === null) return;
    const milliseconds = Number(due - this.#now()) / 1e6;
    this.#wake = setTimeout(() => this.fireAlone(), Math.min(Math.max(milliseconds, 0), 0x7fff_ffff));
    const handle: unknown = this.#wake;
    if (typeof handle === "object" && handle !== null && "unref" in handle && typeof handle.unref === "function") handle.unref();
  }
}
