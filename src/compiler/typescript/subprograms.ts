/** How functions are called when they are not inlined: which registers their parameters take, and what cannot be passed. */

import type { Type } from "../ir/ir.ts";
import type { FunctionDeclaration, Local } from "./tree.ts";
import { type ReferenceType, typeName, type ValueType } from "./types.ts";

/** r1 … r5. */
export const MOST_REGISTERS = 5;

export interface Register {
  /** As BTF shows it. */
  readonly name: string;
  readonly type: Type;
  /** Null for the context, which is passed once however many parameters are it or its packet, and for where a result is put. */
  readonly parameter: Local | null;
  /** `there`: whether a number that may be null is there. `result`: the address of the caller's 8 bytes for a number that may be null. */
  readonly role: "value" | "there" | "context" | "result";
}

export interface Registers {
  readonly registers: readonly Register[];
  readonly result: Type | null;
  /** Why it cannot be called, with a way out; null when it can. */
  readonly problem: { readonly problem: string; readonly instead: string } | null;
}

export function registersOf(fn: FunctionDeclaration): Registers {
  const registers: Register[] = [];
  for (const parameter of fn.parameters) {
    const { name, type } = parameter;
    if (type.kind === "context" || type.kind === "packet") {
      if (registers.every(({ role }) => role !== "context"))
        registers.push({ name: "ctx", type: "ptr", parameter: null, role: "context" });
      continue;
    }
    registers.push({ name, type: valueRegister(type), parameter, role: "value" });
    if (type.kind === "nullable") registers.push({ name: `${name}_is_there`, type: "i32", parameter, role: "there" });
  }
  const { result } = fn;
  if (result.kind === "nullable") registers.push({ name: "result", type: "ptr", parameter: null, role: "result" });
  return { registers, result: resultRegister(result), problem: problemOf(fn, registers) };
}

function problemOf(fn: FunctionDeclaration, registers: readonly Register[]): Registers["problem"] {
  const { result } = fn;
  if (registers.length > MOST_REGISTERS) {
    return {
      problem: `${fn.name} needs ${registers.length} registers for its parameters, and a call has ${MOST_REGISTERS}`,
      instead: "put some of them into a struct (a number that may be null takes two)",
    };
  }
  if (result.kind === "reference" && !canBeReturned(result)) {
    return {
      problem: `${fn.name} returns ${typeName(result)} that may lie in its own frame, which ends with it`,
      instead: "pass the struct as a parameter and fill it in, or let the function be inlined",
    };
  }
  if (result.kind === "context" || result.kind === "packet") {
    return { problem: `${fn.name} returns ${typeName(result)}`, instead: "pass it as a parameter instead" };
  }
  return null;
}

/** What lies in a map or packet outlives the frame; the kernel's verifier refuses the address of anything in a frame. */
function canBeReturned({ memory }: ReferenceType): boolean {
  return memory !== null && memory !== "stack";
}

export function valueRegister(type: ValueType): Type {
  if (type.kind === "nullable") return valueRegister(type.of);
  if (type.kind === "int") return type.bits === 64 ? "i64" : "i32";
  return type.kind === "bool" ? "i32" : "ptr";
}

/** Of a number that may be null, whether it is there. */
function resultRegister(type: ValueType): Type | null {
  if (type.kind === "void") return null;
  return type.kind === "nullable" ? "i32" : valueRegister(type);
}
