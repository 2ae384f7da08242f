/** What tests of the object reader share: fixtures as Specs, and looking things up in them. */

import assert from "node:assert/strict";
import { readObject } from "../../src/object/read.ts";
import type { MapSpec, ProgramSpec, Spec } from "../../src/object/spec.ts";
import { CODE, code } from "./elf-builder.ts";
import { fixture } from "./fixtures.ts";

/** An object by hand: `r0 = 1; exit`. */
export const exit = [0x95, 0, 0, 0] as const;
export const one = { name: "socket", flags: CODE, data: code([0xb7, 0, 0, 1], exit) };
export const main = { name: "main", section: "socket", type: 2, size: 16 };

export function read(name: string): Spec {
  return readObject(fixture(name), { name: `${name}.o` });
}

export function program(spec: Spec, name: string): ProgramSpec {
  const found = spec.programs.find((each) => each.name === name);
  assert.ok(found, `a program ${name}`);
  return found;
}

export function map(spec: Spec, name: string): MapSpec {
  const found = spec.maps.find((each) => each.name === name);
  assert.ok(found, `a map ${name}`);
  return found;
}

/** What a slot's immediate says. */
export function immediate({ code: bytes }: ProgramSpec, slot: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(slot * 8 + 4, true);
}

/** The functions of a program, in order. */
export function names({ functions }: ProgramSpec): string {
  return functions.map(({ name }) => name).join(" ");
}
