/**
 * A hook: the programs that are attached at one place, in their order. What runs sees the list as it was when it began, so programs
 * come, go and are replaced while packets flow, and no packet meets half of a change.
 */

import { AttachError } from "../../errors.ts";

export interface Handler {
  readonly description: string;
}

/** Where among those that are there. */
export type Place<H extends Handler> = "first" | "last" | { readonly before: Seat<H> } | { readonly after: Seat<H> };

/** A place that is taken. */
export interface Seat<H extends Handler> {
  readonly handler: H;
  /** From the next event on. @throws AttachError when it was taken off. */
  replace(handler: H): void;
  /** Takes it off; harmless the second time. */
  take(): void;
}

export class Hook<H extends Handler> {
  /** For people: `tc ingress on eth0`. */
  readonly name: string;
  /** In the order in which they run. Replaced, never changed. */
  handlers: readonly H[] = [];
  #seats: readonly HookSeat<H>[] = [];
  readonly #changed: (() => void) | undefined;

  /** @param changed told after each change. */
  constructor(name: string, changed?: () => void) {
    this.name = name;
    this.#changed = changed;
  }

  /** @throws AttachError when `before` or `after` names a place that is not at this hook. */
  attach(handler: H, place: Place<H> = "last"): Seat<H> {
    const seat = new HookSeat(
      this.name,
      handler,
      () => this.#set(this.#seats.filter((each) => each !== seat)),
      () => this.#set(this.#seats),
    );
    const at = this.#indexOf(place);
    this.#set([...this.#seats.slice(0, at), seat, ...this.#seats.slice(at)]);
    return seat;
  }

  #indexOf(place: Place<H>): number {
    if (place === "first") return 0;
    if (place === "last") return this.#seats.length;
    const neighbour = "before" in place ? place.before : place.after;
    const at = this.#seats.indexOf(neighbour as HookSeat<H>);
    if (at < 0) throw new AttachError(`${this.name}: the link to go ${"before" in place ? "before" : "after"} is not there`);
    return "before" in place ? at : at + 1;
  }

  #set(seats: readonly HookSeat<H>[]): void {
    this.#seats = seats;
    this.handlers = seats.map(({ handler }) => handler);
    this.#changed?.();
  }
}

class HookSeat<H extends Handler> implements Seat<H> {
  handler: H;
  readonly #hook: string;
  readonly #leave: () => void;
  readonly #changed: () => void;
  #taken = true;

  constructor(hook: string, handler: H, leave: () => void, changed: () => void) {
    this.#hook = hook;
    this.handler = handler;
    this.#leave = leave;
    this.#changed = changed;
  }

  replace(handler: H): void {
    if (!this.#taken) throw new AttachError(`${this.#hook}: the link was detached; attach the program anew`);
    this.handler = handler;
    this.#changed();
  }

  take(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.#leave();
  }
}
