/**
 * The code generator: functions of the IR in, instructions out. Each function goes through
 *
 *     legalize   IR → IR: what the instruction set version lacks
 *     divide     32-bit divisions by constants become multiplications
 *     select     IR → machine code on virtual registers; block arguments become parallel moves
 *     allocate   colours r0 … r9, spills the rest
 *     sequence   parallel moves → single ones
 *     frame      where slots and spills are
 *     emit       machine code → instructions, block by block
 *     connect    order of blocks, jumps
 *
 * and `link` puts them behind each other, the program first.
 */

import { encode } from "../../isa/encode.ts";
import { type Instruction, slotTable } from "../../isa/instruction.ts";
import * as make from "../../isa/make.ts";
import type { CpuVersion } from "../../isa/opcodes.ts";
import { operationOf } from "../../isa/operation.ts";
import type { CoreRelocation, ExternReference, Relocation } from "../../object/spec.ts";
import type { IrFunction, Location } from "../ir/ir.ts";
import { verifyFunction, verifyProgram } from "../ir/verify.ts";
import { allocate } from "./allocate.ts";
import { checkCalls } from "./call-chains.ts";
import { divideByMultiplying } from "./divide.ts";
import { emitBlock, sequenceMoves } from "./emit.ts";
import { layoutFrame } from "./frame.ts";
import { connect } from "./layout.ts";
import { legalize } from "./legalize.ts";
import { type CompiledFunction, link } from "./link.ts";
import { select } from "./select.ts";

export interface GenerateOptions {
  /**
   * `-mcpu` of clang. 3, the default, has 32-bit arithmetic and comparisons and all atomics: Linux 5.12. 4 adds signed
   * division, sign-extending moves and loads and long jumps: Linux 6.6. 2 has all 64-bit comparisons (Linux 4.14), 1 is the
   * first.
   */
  readonly cpu?: CpuVersion;
  /** The functions come from our own passes, which keep the rules of the IR: they are not checked again. Default: they are. */
  readonly trusted?: boolean;
  /** The program's arena. Kernels learn from a reference to it which arena pointers are of: a program that only follows some gets one. */
  readonly arena?: string | null;
}

export interface Generated {
  readonly instructions: readonly Instruction[];
  /** The same, encoded: 8 bytes a slot, little-endian. */
  readonly code: Uint8Array;
  /** Map references, whose immediates are 0 in the code. Ascending. */
  readonly relocations: readonly Relocation[];
  /** Calls of functions that the loader knows by name, and addresses of such variables. Ascending. */
  readonly externs: readonly ExternReference[];
  /** What depends on the kernel's types. Ascending. */
  readonly core: readonly CoreRelocation[];
  /** Every function, in the order in which they stand: the program first, then those of its sub-programs that it can reach. */
  readonly functions: readonly GeneratedFunction[];
  /** Where slots come from; each holds until the next. Ascending; when anything is known, the first slot of every function is among them. */
  readonly lines: readonly Line[];
  /** Bytes of the stack frame of the program itself. */
  readonly frameSize: number;
}

export interface GeneratedFunction {
  readonly slot: number;
  readonly name: string;
  /** Bytes. */
  readonly frameSize: number;
}

export interface Line extends Location {
  readonly slot: number;
}

/**
 * Generates code of a program that calls no sub-programs. `fn` is not changed; run `optimize` on it before.
 * @throws as `generateProgram` does.
 */
export function generate(fn: IrFunction, options: GenerateOptions = {}): Generated {
  return generateProgram(fn, [], options);
}

/**
 * Generates code of a program with its sub-programs: those that it reaches by calls or addresses, in the order given. No
 * function is changed; run `optimize` on each before.
 * @throws IrError when a function breaks a rule of the IR, or calls one that is not there; FrameError when the stack frames of a chain of calls exceed
 *   512 bytes; CodegenError when the instruction set version lacks something, a jump is too far for it, or calls go round or too deep.
 */
export function generateProgram(main: IrFunction, subprograms: readonly IrFunction[], options: GenerateOptions = {}): Generated {
  const cpu = options.cpu ?? 3;
  const functions = verifyProgram(main, subprograms, options.trusted === true ? () => {} : verifyFunction);
  const compiled = functions.map((fn) => compileFunction(fn, cpu, fn === main));
  checkCalls(functions, compiled);
  if (options.arena) nameArena(compiled, options.arena);
  const { instructions, starts, references, lines } = link(compiled);
  const slots = slotTable(instructions);
  const relocations: Relocation[] = [];
  const externs: ExternReference[] = [];
  const core: CoreRelocation[] = [];
  for (const { index, reference } of references) {
    const slot = slots[index]!;
    if (reference.kind === "map") {
      const { map, offset } = reference;
      relocations.push({ slot, kind: offset === null ? "map" : "map-value", map, offset: offset ?? 0 });
    } else if (reference.kind === "extern") {
      externs.push({ slot, kind: reference.use, name: reference.name });
    } else if (reference.kind === "core") {
      core.push({ slot, kind: reference.what, type: reference.core.type, access: reference.core.access });
    }
  }
  return {
    instructions,
    code: encode(instructions),
    relocations,
    externs,
    core,
    functions: compiled.map(({ name, frame }, index) => ({ slot: slots[starts[index]!]!, name, frameSize: frame.size })),
    lines: lines.map(({ index, location }) => ({ slot: slots[index]!, ...location })),
    frameSize: compiled[0]!.frame.size,
  };
}

/** Puts a reference to the arena at the start of a program that casts pointers into it and does not name it; r0 is free there. */
function nameArena(compiled: CompiledFunction[], arena: string): void {
  const [main, ...others] = compiled;
  const code = compiled.flatMap((fn) => fn.code);
  const casts = code.some(({ instruction }) => operationOf(instruction)?.kind === "address-space-cast");
  const named = code.some(({ reference }) => reference?.kind === "map" && reference.map === arena);
  if (main === undefined || !casts || named) return;
  const reference = { kind: "map", map: arena, offset: null } as const;
  const first = { instruction: make.loadPseudo(0, "map", 0, 0), location: null, reference };
  compiled.splice(0, compiled.length, { ...main, code: [first, ...main.code] }, ...others);
}

function compileFunction(fn: IrFunction, cpu: CpuVersion, isMain: boolean): CompiledFunction {
  const own: IrFunction = { ...fn, blocks: fn.blocks.map((block) => ({ ...block })), values: [...fn.values] };
  legalize(own, cpu);
  divideByMultiplying(own, cpu);
  const machine = select(own, cpu, isMain);
  allocate(machine);
  sequenceMoves(machine);
  const frame = layoutFrame(machine);
  const blocks = machine.blocks.map((block) => emitBlock(machine, block, frame));
  return { name: fn.name, frame, code: connect(fn.name, blocks, cpu) };
}
