/**
 * Moves values out of registers: each becomes eight bytes of the frame, read before every use and written after every
 * definition; or, when it is a constant or an address that can be made anew, nothing at all.
 */

import {
  FIRST_VIRTUAL,
  forEachDefinition,
  forEachTerminatorUse,
  forEachUse,
  type MachineFunction,
  type MachineInstruction,
  type Move,
  mapEnd,
  mapPlaces,
  type Place,
  type Register,
  type Source,
  spillPlace,
} from "./machine.ts";

/** Registers that are written once, by a move of something that can be made anew anywhere. */
export function rematerializable(fn: MachineFunction): ReadonlyMap<Register, Source> {
  const sources = new Map<Register, Source>();
  const written = new Set<Register>();
  for (const block of fn.blocks) {
    for (const instruction of block.code) {
      if (instruction.kind === "move") {
        for (const { to, from } of instruction.moves) {
          if (to >= FIRST_VIRTUAL && from.kind !== "place" && !written.has(to)) sources.set(to, from);
          else sources.delete(to);
          written.add(to);
        }
      } else {
        forEachDefinition(instruction, (register) => {
          sources.delete(register);
          written.add(register);
        });
      }
    }
  }
  return sources;
}

/**
 * Rewrites `fn` so that the registers of `groups` no longer occur; each group gets one place. The short-lived registers made for single instructions are added to
 * `temporary`: spilling those would help nobody.
 */
export function spill(fn: MachineFunction, groups: readonly (readonly Register[])[], temporary: Set<Register>): void {
  const anew = rematerializable(fn);
  const places = new Map<Register, Source>();
  for (const group of groups) {
    let shared: Source | null = null;
    for (const register of group) {
      const source: Source = anew.get(register) ?? (shared ??= { kind: "place", place: spillPlace(fn.spills++) });
      places.set(register, source);
    }
  }
  for (const block of fn.blocks) {
    const code: MachineInstruction[] = [];
    // What the instruction before left in registers. Instructions in a row on one value take turns on one register; who comes later
    // reads it again, because holding it is what there were too few registers for.
    let held = new Map<Place, Register>();
    for (const [index, instruction] of block.code.entries()) {
      if (instruction.kind === "move") {
        const next = block.code[index + 1];
        const wanted = new Set<Place>();
        if (next !== undefined && next.kind !== "move" && next.kind !== "call") forEachUse(next, (place) => wanted.add(place));
        const moves = instruction.moves.flatMap((move) => rewriteMove(move, places, held));
        const { location } = instruction;
        held = new Map();
        const stores: Move[] = [];
        const through = moves.map(({ to, from }): Move => {
          const original = instruction.moves.find(
            (move) => places.get(move.to) !== undefined && isPlace(places.get(move.to), to),
          )?.to;
          if (original === undefined || !wanted.has(original)) return { to, from };
          const name = fresh(fn, temporary);
          held.set(original, name);
          stores.push({ to, from: { kind: "place", place: name } });
          return { to: name, from };
        });
        if (through.length > 0) code.push({ ...instruction, moves: through });
        if (stores.length > 0) code.push({ kind: "move", moves: stores, location });
        continue;
      }
      const { location } = instruction;
      const before: Move[] = [];
      const after: Move[] = [];
      const names = new Map<Place, Register>(instruction.kind === "call" ? [] : held);
      const replace = (place: Place): Register => {
        let name = names.get(place);
        if (name === undefined) names.set(place, (name = fresh(fn, temporary)));
        return name;
      };
      forEachUse(instruction, (place) => {
        const from = places.get(place);
        if (from !== undefined && !names.has(place)) before.push({ to: replace(place), from });
      });
      forEachDefinition(instruction, (place) => {
        const to = places.get(place);
        if (to?.kind === "place") after.push({ to: to.place, from: { kind: "place", place: replace(place) } });
      });
      if (before.length > 0) code.push({ kind: "move", moves: before, location });
      code.push(names.size === 0 ? instruction : mapPlaces(instruction, (place) => names.get(place) ?? place));
      if (after.length > 0) code.push({ kind: "move", moves: after, location });
      held = new Map();
      if (instruction.kind === "call") continue;
      const hold = (place: Place): void => {
        const name = names.get(place);
        if (name !== undefined) held.set(place, name);
      };
      forEachUse(instruction, hold);
      forEachDefinition(instruction, hold);
    }
    const before = new Map<Place, Register>(held);
    const loads: Move[] = [];
    forEachTerminatorUse(block.end, (place) => {
      const from = places.get(place);
      if (from === undefined || before.has(place)) return;
      const name = fresh(fn, temporary);
      before.set(place, name);
      loads.push({ to: name, from });
    });
    if (loads.length > 0) code.push({ kind: "move", moves: loads, location: block.end.location });
    block.end = mapEnd(block.end, (place) => before.get(place) ?? place);
    block.code = code;
  }
}

function isPlace(source: Source | undefined, place: Place): boolean {
  return source?.kind === "place" && source.place === place;
}

function rewriteMove(move: Move, places: ReadonlyMap<Register, Source>, held: ReadonlyMap<Place, Register>): Move[] {
  const from = move.from.kind === "place" ? heldOrSpilled(move.from.place, places, held) : move.from;
  const to = places.get(move.to);
  if (to === undefined) return [{ to: move.to, from }];
  // What is made anew at its uses is never written.
  return to.kind === "place" ? [{ to: to.place, from }] : [];
}

function heldOrSpilled(place: Place, places: ReadonlyMap<Register, Source>, held: ReadonlyMap<Place, Register>): Source {
  const name = held.get(place);
  return name !== undefined ? { kind: "place", place: name } : (places.get(place) ?? { kind: "place", place });
}

function fresh(fn: MachineFunction, temporary: Set<Register>): Register {
  const register = fn.registers++;
  temporary.add(register);
  return register;
}
