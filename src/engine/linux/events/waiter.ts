/**
 * One waiter for all buffers of an engine, however many they are: an epoll descriptor that Node's event loop watches. Nobody is called
 * while nothing comes. A wake-up says that something is there, not what: every buffer that somebody waits for is asked, which is a look at memory.
 * That is also the cure for two traps of the kernel:
 *
 * - A perf event says that it is readable once, to whoever asks first (`perf_poll` of kernel/events/core.c), and epoll asks when a descriptor
 *   is added, of ours as of all that are in it. So whoever begins to wait looks at memory after his descriptor was added, and all look once more when the
 *   event loop has added ours, which it does when it has gone around.
 * - A ring buffer is readable as soon as a record is reserved (`ringbuf_map_poll_kern`), and we would be told of one that is still written again and again.
 *   So it is watched for edges: the kernel wakes us when that record, which is where we are, is submitted.
 */

import { MapError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { SystemError } from "../sys/system-error.ts";
import { EPOLL, type Watch } from "../sys/transport.ts";
import { Pace } from "./pace.ts";

/** A buffer, as far as waiting for it goes. */
export interface Awaited {
  readonly name: string;
  /** What becomes readable when there are records. */
  readonly descriptors: readonly number[];
  /** Bytes that it holds. */
  readonly size: number;
  /** There is something to take out. Hot: a look at memory. */
  ready(): boolean;
}

const waiters = new WeakMap<Kernel, Waiter>();

/** The one waiter of an engine. */
export function waiterOf(kernel: Kernel): Waiter {
  let waiter = waiters.get(kernel);
  if (waiter === undefined) waiters.set(kernel, (waiter = new Waiter(kernel)));
  return waiter;
}

export class Waiter {
  readonly #kernel: Kernel;
  readonly #members = new Set<Member>();
  /** Those that are looked at when the timer fires. */
  readonly #timed = new Set<Member>();
  #timer: NodeJS.Timeout | null = null;
  #epoll: Descriptor | null = null;
  #watch: Watch | null = null;
  #sleeping = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** @param events what is waited for: default that it is readable. @throws MapError when the kernel cannot watch it. */
  join(awaited: Awaited, events: number = EPOLL.readable): Member {
    const epoll = this.#open(awaited);
    const member = new Member(this, awaited, events);
    this.#members.add(member);
    try {
      for (const fd of awaited.descriptors) this.#control(epoll, member, EPOLL.add, fd, member.mask);
    } catch (error) {
      this.leave(member);
      throw error;
    }
    return member;
  }

  /** @internal */
  leave(member: Member): void {
    if (!this.#members.delete(member)) return;
    this.#timed.delete(member);
    // A descriptor that was closed has left by itself.
    for (const fd of member.awaited.descriptors)
      if (this.#epoll !== null && fd >= 0) this.#kernel.transport.epollControl(this.#epoll.fd, EPOLL.remove, fd, 0);
    if (this.#members.size > 0) return;
    this.#watch?.[Symbol.dispose]();
    this.#watch = null;
    this.#epoll?.close();
    this.#epoll = null;
  }

  /** @internal Changes what a member is woken for. */
  rearm(member: Member): void {
    if (this.#epoll === null) return;
    for (const fd of member.awaited.descriptors) this.#control(this.#epoll, member, EPOLL.change, fd, member.mask);
  }

  /** @internal Somebody sleeps, or does not any more: the process lives as long as somebody does. */
  sleeping(change: 1 | -1): void {
    const before = this.#sleeping;
    this.#sleeping += change;
    if ((before === 0) !== (this.#sleeping === 0)) this.#watch?.hold(this.#sleeping > 0);
  }

  /** @internal */
  lookLater(member: Member): void {
    this.#timed.add(member);
    this.#timer ??= setTimeout(() => this.#look(), 1);
  }

  /** @internal */
  forget(member: Member): void {
    this.#timed.delete(member);
    if (this.#timed.size > 0 || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    const timed = [...this.#timed];
    this.#timed.clear();
    for (const member of timed) member.look();
  }

  #wake(): void {
    if (this.#epoll === null) return;
    this.#kernel.transport.epollTake(this.#epoll.fd);
    this.#lookAll();
  }

  #lookAll(): void {
    for (const member of this.#members) member.lookWhenWoken();
  }

  #open(awaited: Awaited): Descriptor {
    if (this.#epoll !== null) return this.#epoll;
    const { transport, ledger } = this.#kernel;
    const fd = transport.epollCreate();
    if (fd < 0) throw failure(awaited, new SystemError("epoll_create1", -fd));
    this.#epoll = ledger.adopt(fd, "epoll: who waits for records");
    this.#watch = transport.watch(fd, () => this.#wake());
    this.#watch.hold(this.#sleeping > 0);
    setImmediate(() => setImmediate(() => this.#lookAll()));
    return this.#epoll;
  }

  #control(epoll: Descriptor, { awaited }: Member, operation: number, fd: number, events: number): void {
    const result = this.#kernel.transport.epollControl(epoll.fd, operation, fd, events);
    if (result < 0) throw failure(awaited, new SystemError("epoll_ctl", -result));
  }
}

/** One buffer of a waiter, and who waits for it. */
export class Member implements Disposable {
  readonly awaited: Awaited;
  readonly #waiter: Waiter;
  readonly #events: number;
  readonly #pace: Pace;
  readonly #sleepers: (() => void)[] = [];
  #armed = true;
  #open = true;

  /** Made by `Waiter.join`. */
  constructor(waiter: Waiter, awaited: Awaited, events: number) {
    this.#waiter = waiter;
    this.awaited = awaited;
    this.#events = events;
    this.#pace = new Pace(awaited.size);
  }

  /** @internal What the kernel wakes us for. */
  get mask(): number {
    return this.#armed ? this.#events | EPOLL.edge : 0;
  }

  /**
   * Resolves when there may be something to take out: after the other work of the event loop where there is already. `wake` resolves it, too.
   * @param records how many were taken out since the last time, and `bytes` of the buffer; `more`: there were more.
   */
  wait(records: number, bytes: number, more: boolean): Promise<void> {
    if (!this.#open) return Promise.resolve();
    const how = this.#pace.note(records, bytes, performance.now());
    return new Promise((resolve) => {
      this.#sleepers.push(resolve);
      if (this.#sleepers.length === 1) this.#waiter.sleeping(1);
      if (how === "turn") this.#lookSoon(performance.now() + 1);
      // Whoever runs after a writer and takes each record as it comes makes the kernel wake somebody for each (`bpf_ringbuf_commit`).
      else if (how === "timer" && !more) this.#lookLater();
      else if (this.awaited.ready()) this.#lookSoon(0);
      else if (how === "timer") this.#lookLater();
      else this.#arm();
    });
  }

  /** Ends every wait. */
  wake(): void {
    if (this.#sleepers.length === 0) return;
    this.#waiter.sleeping(-1);
    this.#waiter.forget(this);
    for (const resolve of this.#sleepers.splice(0)) resolve();
  }

  /** @internal */
  lookWhenWoken(): void {
    if (this.#armed && this.#sleepers.length > 0 && this.awaited.ready()) this.wake();
  }

  /** @internal The timer fired. */
  look(): void {
    if (this.#sleepers.length === 0) return;
    if (this.awaited.ready()) this.wake();
    else this.#arm();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.wake();
    this.#waiter.leave(this);
  }

  /** In the next turn of the event loop, and in those after it until `until`. */
  #lookSoon(until: number): void {
    setImmediate(() => {
      if (!this.#open || this.#sleepers.length === 0) return;
      if (this.awaited.ready()) this.wake();
      else if (performance.now() < until) this.#lookSoon(until);
      else this.#arm();
    });
  }

  #lookLater(): void {
    if (this.#armed) {
      this.#armed = false;
      this.#waiter.rearm(this);
    }
    this.#waiter.lookLater(this);
  }

  /** From here on the kernel wakes us. What came before it knew that is looked for now. */
  #arm(): void {
    if (!this.#armed) {
      this.#armed = true;
      this.#waiter.rearm(this);
    }
    if (this.awaited.ready()) this.wake();
  }
}

function failure({ name }: Awaited, cause: SystemError): MapError {
  return new MapError(name, "unsupported", `${name}: its records cannot be waited for: ${cause.message}`, { cause });
}
