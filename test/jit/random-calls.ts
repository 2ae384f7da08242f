/**
 * Random programs that call: loops and walks over maps with callbacks that nest, functions, tail calls between three programs. All of them
 * end. What each leaves — its verdict, its packet, its maps — is the same in the interpreter and in generated code.
 */

import { Random } from "../../src/engine/embedded/random.ts";
import { encode } from "../../src/isa/encode.ts";
import { type Instruction, slots } from "../../src/isa/instruction.ts";
import * as make from "../../src/isa/make.ts";
import type { ProgramSpec, Relocation, Spec } from "../../src/object/spec.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import { specOf } from "../contract/specs.ts";

/** Functions of a program besides its main one; each calls only later ones, so that calls end. */
const FUNCTIONS = 4;
const PROGRAMS = ["first", "second", "third"];
/** Bytes of the stack that programs keep numbers in: pairs of words below r10. */
const WORDS = 4;

/** A jump, a call or a reference that is filled in when all is placed. */
type Piece =
  | Instruction
  | { readonly load: number; readonly function: number }
  | { readonly load: number; readonly map: string }
  | { readonly call: number };

class Writer {
  readonly random: Random;
  readonly pieces: Piece[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  below(end: number): number {
    return this.random.next() % end;
  }

  put(...pieces: readonly Piece[]): void {
    this.pieces.push(...pieces);
  }

  /** A word of the stack, or r0. */
  arithmetic(): void {
    const at = -8 * (1 + this.below(WORDS));
    const width = this.below(2) === 0 ? 32 : 64;
    const op = (["add", "sub", "mul", "xor", "or", "and"] as const)[this.below(6)]!;
    this.put(
      make.load(8, 3, 10, at),
      make.aluReg(width, op, 3, 0),
      make.aluImm(width, op, 3, this.below(1000)),
      make.store(8, 10, at, 3),
    );
  }

  /** What a call gave goes into a word of the stack. */
  keep(): void {
    const at = -8 * (1 + this.below(WORDS));
    this.put(make.load(8, 3, 10, at), make.aluReg(64, "add", 3, 0), make.store(8, 10, at, 3));
  }

  /** @param level functions from here on may be called. */
  step(level: number): void {
    const target = level + this.below(Math.max(FUNCTIONS - level, 1));
    const mayCall = level < FUNCTIONS;
    switch (this.below(mayCall ? 7 : 3)) {
      case 0:
      case 1:
        this.arithmetic();
        return;
      case 2:
        this.put(
          make.movReg(64, 1, 6),
          { load: 2, map: "programs" },
          make.movImm(64, 3, this.below(6)),
          make.callHelper(HELPER.bpf_tail_call),
        );
        return;
      case 3:
        this.put(make.movReg(64, 1, 6), make.movReg(64, 2, 10), make.aluImm(64, "add", 2, -16), { call: target });
        this.keep();
        return;
      case 4:
        this.put({ load: 1, map: "array" }, { load: 2, function: target });
        this.context();
        this.put(make.movImm(64, 4, this.below(12) === 0 ? 1 : 0), make.callHelper(HELPER.bpf_for_each_map_elem));
        this.keep();
        return;
      default: {
        const rounds = [0, 1, 2, 3, 5, 9_000_000][this.below(6)]!;
        this.put(make.movImm(64, 1, rounds), { load: 2, function: target });
        this.context();
        this.put(make.movImm(64, 4, this.below(12) === 0 ? 1 : 0), make.callHelper(HELPER.bpf_loop));
        this.keep();
      }
    }
  }

  /** r3: a place in the stack, or null. */
  context(): void {
    if (this.below(5) === 0) this.put(make.movImm(64, 3, 0));
    else this.put(make.movReg(64, 3, 10), make.aluImm(64, "add", 3, -8 * (1 + this.below(WORDS))));
  }

  /** Words of the stack begin as something. */
  begin(): void {
    for (let word = 1; word <= WORDS; word++) this.put(make.storeImm(8, 10, -8 * word, this.below(1 << 20)));
  }
}

/** A function whose r1 may be a number, a context or a map, r2 anything: it looks at their lower halves only. */
function writeFunction(w: Writer, level: number): void {
  w.begin();
  // In a callback there is no context to make tail calls with: r6 is then a number, and the call a fault in both.
  w.put(make.movReg(64, 6, 1), make.movReg(32, 0, 1), make.aluImm(32, "and", 0, 0xff), make.store(8, 10, -8, 0));
  for (let count = 1 + w.below(3); count > 0; count--) w.step(level + 1);
  w.put(make.load(8, 0, 10, -8), make.aluImm(64, "and", 0, w.below(4) === 0 ? 1 : 0), make.exit());
}

function programOf(random: Random): { readonly code: Instruction[]; readonly relocations: Relocation[] } {
  const starts: number[] = [];
  const w = new Writer(random);
  w.begin();
  w.put(make.movReg(64, 6, 1), make.movImm(64, 0, 7));
  for (let count = 2 + w.below(5); count > 0; count--) w.step(0);
  w.put(make.load(8, 0, 10, -8), make.load(8, 3, 10, -16), make.aluReg(64, "xor", 0, 3), make.exit());
  const ends: number[] = [w.pieces.length];
  for (let level = 0; level < FUNCTIONS; level++) {
    writeFunction(w, level);
    ends.push(w.pieces.length);
  }
  const size = (piece: Piece): number => ("load" in piece ? 2 : "call" in piece ? 1 : slots(piece));
  const places = [0];
  for (const piece of w.pieces) places.push(places.at(-1)! + size(piece));
  for (let level = 0; level < FUNCTIONS; level++) starts.push(places[ends[level]!]!);
  const relocations: Relocation[] = [];
  const code = w.pieces.map((piece, index): Instruction => {
    const slot = places[index]!;
    if ("call" in piece) return make.callLocal(starts[piece.call]! - slot - 1);
    if (!("load" in piece)) return piece;
    if ("function" in piece) return make.loadPseudo(piece.load, "function", starts[piece.function]! - slot - 1);
    relocations.push({ slot, kind: "map", map: piece.map, offset: 0 });
    return make.loadPseudo(piece.load, "map", 0);
  });
  return { code, relocations };
}

/** Three programs and their maps. */
export function randomCalls(seed: number): Spec {
  const random = new Random(seed);
  const spec = specOf(
    {
      array: { type: "array", maxEntries: 3, key: "u32", value: "u64" },
      programs: { type: "prog_array", maxEntries: 4, key: "u32", value: "u32" },
    },
    Object.fromEntries(PROGRAMS.map((name) => [name, "r0 = 0\nexit"])),
  );
  const programs = spec.programs.map((program): ProgramSpec => {
    const { code, relocations } = programOf(random);
    return { ...program, code: encode(code), relocations };
  });
  return { ...spec, programs };
}

export const CALLING = PROGRAMS;
