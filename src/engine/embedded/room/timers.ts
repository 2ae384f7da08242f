/**
 * Timers and work queues of programs (`bpf_timer`, `bpf_wq`; kernel/bpf/helpers.c), in order of time. With a virtual clock they fire when
 * it is moved, each at its time; with a real one when the host's event loop comes by. None fires while a program runs.
 */

import { FaultError } from "../../errors.ts";
import { backgroundTimer, type Clock } from "../clock.ts";
import { Agenda, type Appointment } from "./agenda.ts";

/** Runs a function of a program when no program runs on its CPU. @returns how many instructions it took, as far as they are counted. */
export type Deferred = () => number;

interface Timer extends Appointment {
  callback: Deferred | null;
  /** Whose function that is. */
  owner: { readonly name: string } | null;
}

const now = new Uint32Array(2);

/** What timers may take in one go before the host's other work comes, in instructions: a callback may start its timer anew at once. */
const MOST_AT_ONCE = 4 * 1024 * 1024;

/** What firing is worth, besides the instructions of the callback. */
const FIRING_WORK = 16;

export class Timers {
  readonly #clock: Clock;
  /** By address of the field in a map's value. */
  readonly #timers = new Map<number, Timer>();
  readonly #agenda = new Agenda<Timer>();
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
    clock.watch?.({ next: () => this.next, fire: () => this.fire(), tooMuch: () => this.#tooMuch() });
  }

  /** When the next one is due, in nanoseconds since boot; null when none is started. */
  get next(): bigint | null {
    return this.#agenda.first()?.due ?? null;
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

  setCallback(address: number, callback: Deferred, owner: { readonly name: string }): void {
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
    this.#agenda.add(timer);
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
   * Runs those that are due by now, unless they take too long: then the others wait for the next time. @returns what it took, in
   * instructions; 0 when there was nothing to do, or a program runs.
   * @throws what a callback throws: FaultError for a program that was stopped; the others wait for the next time.
   */
  fire(): number {
    if (this.#firing !== null || this.#isBusy()) return 0;
    let work = 0;
    while (work < MOST_AT_ONCE) {
      const timer = this.#agenda.first();
      if (timer === null || timer.due === null || timer.due > this.#now()) break;
      timer.due = null;
      this.#firing = timer;
      try {
        work += FIRING_WORK + (timer.callback?.() ?? 0);
      } finally {
        this.#firing = null;
      }
    }
    this.#schedule();
    return work;
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
    for (const address of this.#timers.keys()) this.cancel(address);
    this.#timers.clear();
    this.#schedule();
  }

  #tooMuch(): FaultError {
    const program = this.#agenda.first()?.owner?.name ?? "?";
    const why = "timers fired too often on the way to the time that the clock was set to; move it in smaller steps";
    return new FaultError(program, 0, `${program}: ${why}`);
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
    this.#wake = backgroundTimer(() => this.fireAlone(), Math.min(Math.max(milliseconds, 0), 0x7fff_ffff));
  }
}
