/**
 * Makes a sequence of single moves out of a parallel one.
 *
 * A place is written only when nobody reads it any more; what remains then are cycles, each broken by keeping one place's
 * contents elsewhere. (Exchanging by three `xor` is no way: verifiers forbid it on pointers.)
 */

import { isSpill, type Move, type Place, type Register, type Source, spillPlace } from "./machine.ts";

export interface Scratch {
  /** Registers that hold nothing after the move. */
  readonly free: readonly Register[];
  /** A new spill, for when no register is free. */
  readonly spill: () => number;
}

/**
 * Single moves in order. Of each, at least one side is a register, or the source is an integer that a store can hold: the rest
 * goes through a scratch register.
 */
export function sequence(moves: readonly Move[], scratch: Scratch, fitsStore: (value: bigint) => boolean): Move[] {
  const steps = order(moves, scratch);
  const through = (move: Move): boolean =>
    isSpill(move.to) &&
    (move.from.kind === "place" ? isSpill(move.from.place) : move.from.kind !== "integer" || !fitsStore(move.from.value));
  if (!steps.some(through)) return steps;

  const busy = new Set<Place>(steps.flatMap(({ to, from }) => (from.kind === "place" ? [to, from.place] : [to])));
  const idle = scratch.free.find((register) => !busy.has(register));
  if (idle !== undefined) {
    return steps.flatMap((move) => (through(move) ? relay(move, idle) : [move]));
  }
  // No register is free: lend one that keeps its contents in the frame meanwhile. Any will do, as each loan ends at once.
  const lent: Register = 0;
  const keep = spillPlace(scratch.spill());
  return steps.flatMap((move) =>
    through(move) ? [{ to: keep, from: place(lent) }, ...relay(move, lent), { to: lent, from: place(keep) }] : [move],
  );
}

function relay(move: Move, register: Register): Move[] {
  return [
    { to: register, from: move.from },
    { to: move.to, from: place(register) },
  ];
}

function place(of: Place): Source {
  return { kind: "place", place: of };
}

/** Moves between places in an order that loses nothing, then those of what can be made anew. */
function order(moves: readonly Move[], scratch: Scratch): Move[] {
  const steps: Move[] = [];
  const source = new Map<Place, Place>();
  const readers = new Map<Place, number>();
  const made: Move[] = [];
  for (const { to, from } of moves) {
    if (from.kind !== "place") made.push({ to, from });
    else if (from.place !== to) {
      source.set(to, from.place);
      readers.set(from.place, (readers.get(from.place) ?? 0) + 1);
    }
  }
  const writable = [...source.keys()].filter((to) => !readers.has(to));
  const involved = new Set<Place>([...moves.map(({ to }) => to), ...readers.keys()]);
  const perform = (to: Place, from: Place): void => {
    steps.push({ to, from: place(from) });
    source.delete(to);
  };
  const drain = (): void => {
    for (let to = writable.pop(); to !== undefined; to = writable.pop()) {
      const from = source.get(to)!;
      perform(to, from);
      const left = readers.get(from)! - 1;
      readers.set(from, left);
      if (left === 0 && source.has(from)) writable.push(from);
    }
  };
  drain();
  // What is left are cycles, where every place is read once.
  for (let start = source.keys().next().value; start !== undefined; start = source.keys().next().value) {
    const free = scratch.free.find((register) => !involved.has(register));
    const kept = free ?? spillPlace(scratch.spill());
    const cycle = [start];
    for (let at = source.get(start)!; at !== start; at = source.get(at)!) cycle.push(at);
    steps.push({ to: kept, from: place(start) });
    for (const [index, to] of cycle.entries()) {
      perform(to, index === cycle.length - 1 ? kept : source.get(to)!);
    }
  }
  return [...steps, ...made];
}
