/**
 * The code generator: a function of the IR in, instructions out.
 *
 *     legalize   IR → IR: what the instruction set version lacks
 *     select     IR → machine code on virtual registers; block arguments become parallel moves
 *     allocate   colours r0 … r9, spills the rest
 *     sequence   parallel moves → single ones
 *     frame      where slots and spills are
 *     emit       machine code → instructions, block by block
 *     connect    order of blocks, jumps
 */

import { encode } from "../../isa/encode.ts";
import { type Instruction, slotTable } from "../../isa/instruction.ts";
import type { CpuVersion } from "../../isa/opcodes.ts";
import type { ExternReference, Relocation } from "../../object/spec.ts";
import type { IrFunction } from "../ir/ir.ts";
import { verifyFunction } from "../ir/verify.ts";
import { allocate } from "./allocate.ts";
import { type Emitted, emitBlock, sequenceMoves } from "./emit.ts";
import { type Frame, layoutFrame } from "./frame.ts";
import { connect } from "./layout.ts";
import { legalize } from "./legalize.ts";
import { select } from "./select.ts";

export interface GenerateOptions {
  /**
   * `-mcpu` of clang. 3, the default, has 32-bit arithmetic and comparisons and all atomics: Linux 5.12. 4 adds signed
   * division, sign-extending moves and loads and long jumps: Linux 6.6. 2 has all 64-bit comparisons (Linux 4.14), 1 is the
   * first.
   */
  readonly cpu?: CpuVersion;
}

export interface Generated {
  readonly instructions: readonly Instruction[];
  /** The same, encoded: 8 bytes a slot, little-endian. */
  readonly code: Uint8Array;
  /** Map references, whose immediates are 0 in the code (a `map-value`'s offset is there already). Ascending. */
  readonly relocations: readonly Relocation[];
  /** Calls of functions that the loader knows by name. Ascending. */
  readonly externs: readonly ExternReference[];
  /** Where slots come from; each holds until the next. Ascending; slot 0 is among them when anything is known. */
  readonly lines: readonly Line[];
  /** Bytes of the stack frame. */
  readonly frameSize: number;
}

export interface Line {
  readonly slot: number;
  readonly line: number;
  readonly column: number;
}

/**
 * Generates code. `fn` is not changed; run `optimize` on it before.
 * @throws IrError when `fn` breaks a rule of the IR; FrameError when the stack frame exceeds 512 bytes; CodegenError when the instruction set version lacks something, or a
 *   jump is too far for it.
 */
export function generate(fn: IrFunction, options: GenerateOptions = {}): Generated {
  const cpu = options.cpu ?? 3;
  verifyFunction(fn);
  const own: IrFunction = { ...fn, blocks: fn.blocks.map((block) => ({ ...block })), values: [...fn.values] };
  legalize(own, cpu);
  const machine = select(own, cpu);
  allocate(machine);
  sequenceMoves(machine);
  const frame: Frame = layoutFrame(machine);
  const blocks = machine.blocks.map((block) => emitBlock(machine, block, frame));
  const emitted = connect(fn.name, blocks, cpu);
  const instructions = emitted.map(({ instruction }) => instruction);
  const slots = slotTable(instructions);
  return {
    instructions,
    code: encode(instructions),
    relocations: relocationsOf(emitted, slots),
    externs: emitted.flatMap(({ extern }, index) =>
      extern === null ? [] : [{ slot: slots[index]!, kind: "call", name: extern }],
    ),
    lines: linesOf(emitted, slots),
    frameSize: frame.size,
  };
}

function relocationsOf(emitted: readonly Emitted[], slots: Uint32Array): Relocation[] {
  return emitted.flatMap(({ map }, index): Relocation[] => {
    if (map === null) return [];
    const { name, offset } = map;
    return [{ slot: slots[index]!, kind: offset === null ? "map" : "map-value", map: name, offset: offset ?? 0 }];
  });
}

function linesOf(emitted: readonly Emitted[], slots: Uint32Array): Line[] {
  const lines: Line[] = [];
  const first = emitted.find(({ location }) => location !== null)?.location;
  if (first === undefined || first === null) return lines;
  lines.push({ slot: 0, line: first.line, column: first.column });
  for (const [index, { location }] of emitted.entries()) {
    const last = lines.at(-1)!;
    if (location === null || (location.line === last.line && location.column === last.column)) continue;
    if (slots[index] === last.slot) lines.pop();
    lines.push({ slot: slots[index]!, line: location.line, column: location.column });
  }
  return lines;
}
