/**
 * A hook: the programs that are attached at one place, in their order. What runs sees the list as it was when it began, so programs
 * come, go and are replaced while packets flow, and no packet meets half of a change.
 */

import { AttachError } from "../../errors.ts";

export interface Handler {
  readonly description: string;
}

/** Where among those that are there. */
export type Place<Item> = "first" | "last" | { readonly before: Item } | { readonly after: Item };

/**
 * The list with one more item at its place, as a new list.
 * @param name of the hook, for the message.
 * @throws AttachError when what it is to go before or after is not in the list.
 */
export function inserted<Item extends Beside, Beside>(
  list: readonly Item[],
  item: Item,
  place: Place<Beside>,
  name: string,
): readonly Item[] {
  if (place === "first") return [item, ...list];
  if (place === "last") return [...list, item];
  const [side, neighbour] = "before" in place ? (["before", place.before] as const) : (["after", place.after] as const);
  const all: readonly Beside[] = list;
  const at = all.indexOf(neighbour);
  if (at < 0) throw new AttachError(`${name}: the link to go ${side} is not there`);
  return list.toSpliced(side === "before" ? at : at + 1, 0, item);
}

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
  attach(handler: H, place: Place<Seat<H>> = "last"): Seat<H> {
    const seat = new HookSeat(
      this.name,
      handler,
      () => this.#set(this.#seats.filter((each) => each !== seat)),
      () => this.#set(this.#seats),
    );
    this.#set(inserted<HookSeat<H>, Seat<H>>(this.#seats, seat, place, this.name));
    return seat;
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
