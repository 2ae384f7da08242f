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
    for (const instruction of block.code) {
      if (instruction.kind === "move") {
        const moves = instruction.moves.flatMap((move) => rewriteMove(move, places));
        if (moves.length > 0) code.push({ ...instruction, moves });
        continue;
      }
      const { location } = instruction;
      const before: Move[] = [];
      const after: Move[] = [];
      const names = new Map<Place, Register>();
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
    }
    const before = new Map<Place, Register>();
    const loads: Move[] = [];
    forEachTerminatorUse(block.end, (place) => {
      const from = places.get(place);
      if (from === undefined || before.has(place)) return;
      const name = fresh(fn, temporary);
      before.set(place, name);
      loads.push({ to: name, from });
    });
    if (loads.length > 0) {
      code.push({ kind: "move", moves: loads, location: block.end.location });
      block.end = mapEnd(block.end, (place) => before.get(place) ?? place);
    }
    block.code = code;
  }
}

function rewriteMove(move: Move, places: ReadonlyMap<Register, Source>): Move[] {
  const from = move.from.kind === "place" ? (places.get(move.from.place) ?? move.from) : move.from;
  const to = places.get(move.to);
  if (to === undefined) return [{ to: move.to, from }];
  // What is made anew at its uses is never written.
  return to.kind === "place" ? [{ to: to.place, from }] : [];
}

function fresh(fn: MachineFunction, temporary: Set<Register>): Register {
  const register = fn.registers++;
  temporary.add(register);
  return register;
}
