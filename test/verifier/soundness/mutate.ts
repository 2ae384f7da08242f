/** One thing of a program changed: what a careless programmer, or a clever one, would get wrong. */

import { IsaError } from "../../../src/isa/errors.ts";
import type { Instruction } from "../../../src/isa/instruction.ts";
import type { Random } from "../../support/random.ts";
import { type Line, specOf, without } from "./lines.ts";

const JMP = 5;
const JMP32 = 6;
const ALU = 4;
const ALU64 = 7;
const CALL = 0x80;
const EXIT = 0x90;
const CONDITIONS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];
const OPERATIONS = [0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0];
const EDGES = [0, 1, -1, 2, 7, 8, 31, 32, 63, 64, 127, 128, 255, 0x7fff, 0x7fffffff, -0x80000000];

/** What no instruction may look like is not among them. */
export function mutate(lines: readonly Line[], random: Random): Line[] {
  for (;;) {
    const changed = change(lines, random);
    try {
      specOf(changed);
      return changed;
    } catch (error) {
      if (!(error instanceof IsaError)) throw error;
    }
  }
}

function change(lines: readonly Line[], random: Random): Line[] {
  const at = random.below(lines.length);
  const line = lines[at]!;
  const changed = (fields: Partial<Instruction>): Line[] => {
    const copy = lines.slice();
    copy[at] = { ...line, instruction: { ...line.instruction, ...fields } };
    return copy;
  };
  const { opcode, dst, src, offset, imm } = line.instruction;
  const family = opcode & 7;
  const isBranch = (family === JMP || family === JMP32) && (opcode & 0xf0) !== CALL && (opcode & 0xf0) !== EXIT;
  const isArithmetic = family === ALU || family === ALU64;
  const isMemory = family >= 1 && family <= 3;
  switch (random.below(9)) {
    case 0:
      return without(lines, at);
    case 1:
    case 2: {
      if (family === 0 || (opcode & 0xf8) === CALL) return changed({ imm });
      if (isMemory) return changed({ offset: offset + random.pick([-8, -4, -2, -1, 1, 2, 4, 8]) });
      return changed({ imm: random.once(3) ? random.pick(EDGES) : (imm + random.pick([-1, 1, 2, -2, 8])) | 0 });
    }
    case 3:
      if (isBranch && opcode !== 0x05) return changed({ opcode: (opcode & 0x0f) | random.pick(CONDITIONS) });
      if (isArithmetic) return changed({ opcode: (opcode & 0x0f) | random.pick(OPERATIONS), offset: 0 });
      return changed({ opcode: isMemory && (opcode & 0xe0) === 0x60 ? (opcode & ~0x18) | (random.below(4) << 3) : opcode });
    case 4:
      // 32 bits for 64, or the other way round.
      if (isBranch && opcode !== 0x05) return changed({ opcode: opcode ^ 3 });
      if (isArithmetic && offset === 0 && (opcode & 0xf0) !== 0xd0) return changed({ opcode: opcode ^ 3 });
      return changed({});
    case 5:
      return changed({ dst: random.below(10) });
    case 6:
      // A wide load's source says what is loaded, which is not for a fuzzer.
      return family !== 0 && ((opcode & 0x08) !== 0 || isMemory)
        ? changed({ src: random.below(10) })
        : changed({ dst: random.below(10) });
    case 7: {
      // Two neighbours change places.
      const next = lines[at + 1];
      if (next === undefined || line.to >= 0 || next.to >= 0)
        return changed(family === 0 ? { dst: random.below(10) } : { dst: src, src: dst });
      const copy = lines.slice();
      copy[at] = next;
      copy[at + 1] = line;
      return copy;
    }
    default: {
      // A branch goes elsewhere, forward.
      if (!isBranch || line.to < 0) return changed({ dst: random.below(10) });
      const copy = lines.slice();
      copy[at] = { ...line, to: Math.min(lines.length - 1, at + 1 + random.below(12)) };
      return copy;
    }
  }
}
