/** Links of programs that share a hook with others. */

import type { AttachOptions, Link, LinkHandle, Program } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import type { Handler, Hook, Place, Seat } from "../room/hook.ts";
import type { EmbeddedProgram } from "./embedded-program.ts";

type Attachable = EmbeddedProgram<HookLink>;

/** A link's side of its seat. */
interface OwnSeat {
  /** @throws AttachError for a program that does not fit there. */
  replace(program: Program): Attachable;
  take(): void;
}

export class HookLink implements Link {
  readonly description: string;
  readonly #seat: OwnSeat;
  #program: Attachable;

  private constructor(description: string, seat: OwnSeat, program: Attachable) {
    this.description = description;
    this.#seat = seat;
    this.#program = program;
    program.links.add(this);
  }

  /** @throws AttachError when `position` names a link of another hook. */
  static attach<Kind extends Attachable & Slot, Slot extends Handler>(
    hook: Hook<Slot>,
    program: Kind,
    isKind: (program: Program) => program is Kind,
    position: AttachOptions["position"],
  ): HookLink {
    const place = seatOf<Slot>(hook, position);
    const seat = hook.attach(program, place);
    const shared: OwnSeat = {
      replace(next: Program) {
        if (!isKind(next) || next.spec.type !== program.spec.type)
          throw new AttachError(
            `${hook.name}: expected a ${program.spec.type} program of the embedded engine, found ${next.name} (${next.spec.type})`,
          );
        seat.replace(next);
        return next;
      },
      take: () => seat.take(),
    };
    const link = new HookLink(hook.name, shared, program);
    SEATS.set(link, { hook, seat });
    return link;
  }

  async update(program: Program): Promise<void> {
    const next = this.#seat.replace(program);
    // It is the other program's link now: closing this one's collection leaves it.
    this.#program.links.delete(this);
    this.#program = next;
    next.links.add(this);
  }

  async detach(): Promise<void> {
    this.#seat.take();
    this.#program.links.delete(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach();
  }
}

/** Which seat a link is, for positions beside it. */
const SEATS = new WeakMap<LinkHandle, { readonly hook: unknown; readonly seat: unknown }>();

function seatOf<Kind extends Handler>(hook: Hook<Kind>, position: AttachOptions["position"]): Place<Seat<Kind>> {
  if (position === undefined || position === "first" || position === "last") return position ?? "last";
  const neighbour = "before" in position ? position.before : position.after;
  const known = SEATS.get(neighbour);
  if (known === undefined || known.hook !== hook)
    throw new AttachError(`${hook.name}: ${neighbour.description} is not at this hook, so nothing goes before or after it`);
  const seat = known.seat as Seat<Kind>;
  return "before" in position ? { before: seat } : { after: seat };
}
