/**
 * All that is refused after a program is prepared and before it is walked, in the kernel's order (`bpf_check` of
 * kernel/bpf/verifier.c).
 */

import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import { checkAttachment } from "./attach.ts";
import { type ControlFlow, traverse } from "./control-flow.ts";
import { CALL, CLASS_JMP, CLASS_JMP32, EXIT, HELPER_TAIL_CALL, JA, JA32, OP_CALL, OP_EXIT } from "./opcodes.ts";
import { isLegacyLoad } from "./subprograms.ts";
import { checkWideLoads } from "./wide-loads.ts";

const traversed = new WeakMap<Program, ControlFlow>();

/** @throws Refused */
export function checkShape(program: Program): void {
  checkSubprograms(program);
  checkReturnTypes(program);
  if (program.era < 612) checkAttachment(program);
  checkWideLoads(program);
  controlFlow(program);
  if (program.era >= 612) checkAttachment(program);
}

/**
 * Found once for each program.
 * @throws Refused
 */
export function controlFlow(program: Program): ControlFlow {
  let flow = traversed.get(program);
  if (flow === undefined) {
    flow = traverse(program);
    traversed.set(program, flow);
  }
  return flow;
}

/** `check_subprogs`: jumps stay in their function, which does not run into the next. */
function checkSubprograms({ code, subprograms }: Program): void {
  const { opcode, offset, imm } = code;
  for (const { start, end } of subprograms) {
    for (let slot = start; slot < end; slot++) {
      const operation = opcode[slot]!;
      const operationClass = operation & 7;
      if (operationClass !== CLASS_JMP && operationClass !== CLASS_JMP32) continue;
      const kind = operation & 0xf0;
      if (kind === OP_EXIT || kind === OP_CALL) continue;
      const to = slot + 1 + (operation === JA32 ? imm[slot]! : offset[slot]!);
      if (to < start || to >= end) refuse(`jump out of range from insn ${slot} to ${to}`, "EINVAL", slot);
    }
    const last = opcode[end - 1]!;
    if (last !== EXIT && last !== JA && last !== JA32) refuse("last insn is not an exit or jmp", "EINVAL", end - 1);
  }
}

/** `check_btf_func`, `check_abnormal_return`: a tail call or a legacy load may return for its function, with an int. */
function checkReturnTypes(program: Program): void {
  const { subprograms, types, source } = program;
  if (subprograms[0]!.func === 0 || types === null) {
    for (const subprogram of subprograms.slice(1)) {
      const leaves = abnormalReturns(program, subprogram.start, subprogram.end);
      if (leaves.legacyLoad) refuse("LD_ABS is not allowed in subprogs without BTF", "EINVAL");
      if (leaves.tailCall) refuse("tail_call is not allowed in subprogs without BTF", "EINVAL");
    }
    return;
  }
  if (source.functions.length !== subprograms.length)
    refuse("number of funcs in func_info doesn't match number of subprogs", "EINVAL");
  for (const { index, start, end, func } of subprograms) {
    if (source.functions[index]!.slot !== start)
      refuse("func_info BTF section doesn't match subprog layout in BPF program", "EINVAL");
    if (index === 0) continue;
    const leaves = abnormalReturns(program, start, end);
    if ((!leaves.legacyLoad && !leaves.tailCall) || returnsInteger(types, func)) continue;
    const what = leaves.legacyLoad ? "LD_ABS" : "tail_call";
    refuse(`${what} is only allowed in functions that return 'int'.`, "EINVAL");
  }
}

function abnormalReturns({ code }: Program, start: number, end: number): { legacyLoad: boolean; tailCall: boolean } {
  let legacyLoad = false;
  let tailCall = false;
  for (let slot = start; slot < end; slot++) {
    const opcode = code.opcode[slot]!;
    if (opcode === CALL) tailCall ||= code.src[slot] === 0 && code.imm[slot] === HELPER_TAIL_CALL;
    else legacyLoad ||= isLegacyLoad(opcode);
  }
  return { legacyLoad, tailCall };
}

/** `btf_type_is_small_int`, any enum. */
function returnsInteger(types: NonNullable<Program["types"]>, func: number): boolean {
  const type = types.type(func);
  const prototype = type.kind === "function" ? types.type(type.type) : null;
  if (prototype?.kind !== "prototype") return false;
  const result = types.type(types.resolve(prototype.result));
  return (result.kind === "int" && result.size <= 8) || result.kind === "enum" || result.kind === "enum64";
}
