/** The eBPF instruction set (RFC 9669 and what Linux adds): bytes, data and text. What `skep/isa` exports. */

export { type AssembleOptions, assemble } from "./assemble.ts";
export { type CodeOptions, decode } from "./decode.ts";
export { encode } from "./encode.ts";
export { AssembleError, IsaError, type IsaRule } from "./errors.ts";
export { type Instruction, LD_IMM64, SLOT_SIZE, slots, slotTable, wideValue } from "./instruction.ts";
export { checkJumps, functionStarts, targetOf } from "./jumps.ts";
export * as make from "./make.ts";
export {
  type Action,
  ALU_OPS,
  type AluOp,
  ATOMIC_OPS,
  type AtomicOp,
  type ConformanceGroup,
  type CpuVersion,
  type Field,
  JUMP_CONDITIONS,
  type JumpCondition,
  OPERATIONS,
  type Operation,
  type Size,
  WIDE_KINDS,
  type WideKind,
} from "./opcodes.ts";
export { operationOf } from "./operation.ts";
export { type PrintOptions, type PrintProgramOptions, print, printProgram } from "./print.ts";
export { cpuVersion, type Requirements, requirements } from "./requirements.ts";
