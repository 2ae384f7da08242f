/** Wide immediates: numbers, maps, variables, functions. */

import type { Btf } from "../../btf/btf.ts";
import { constant } from "../numbers/bounds.ts";
import type { Referent } from "../program.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, scalar, UNKNOWN_SCALAR } from "../state/register.ts";
import {
  CONST_PTR_TO_MAP,
  MEM_PERCPU,
  MEM_RDONLY,
  PTR_TO_BTF_ID,
  PTR_TO_FUNC,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
} from "../state/types.ts";
import type { Walk } from "./walk.ts";

/** `src` of a load of a function's address (`BPF_PSEUDO_FUNC`). */
const FUNCTION = 4;

/** One `ld_imm64`, whose fields were checked. */
export function checkWideLoad(walk: Walk): void {
  const { code, referents } = walk.program;
  const { slot } = walk;
  const dst = code.dst[slot]!;
  walk.write(dst);
  if (code.src[slot] === 0 && !referents.has(slot)) walk.setReg(dst, scalar(constant(code.imm[slot]!, code.imm[slot + 1]!)));
  else if (code.src[slot] === FUNCTION) walk.setReg(dst, callback(walk));
  else walk.setReg(dst, refer(referents.get(slot)));
}

/** The address of a function, to be called back. */
function callback(walk: Walk): Reg {
  const { code, subprograms, types } = walk.program;
  const index = walk.subprogramAt(walk.slot + code.imm[walk.slot]! + 1);
  if (types === null || subprograms[0]?.func === 0) refuse("missing btf func_info", "EINVAL");
  if (subprograms[index]?.linkage !== "static") refuse("callback function not static", "EINVAL");
  if (index === 0) refuse("callback function cannot be the main program", "EINVAL");
  const reg = pointer(PTR_TO_FUNC);
  reg.subprogram = index;
  return reg;
}

function refer(referent: Referent | undefined): Reg {
  switch (referent?.kind) {
    case "map": {
      const reg = pointer(CONST_PTR_TO_MAP);
      reg.map = referent.map;
      return reg;
    }
    case "map-value": {
      // An arena's addresses are the program's business: loads from them are never trusted.
      if (referent.map.type === "arena") return UNKNOWN_SCALAR;
      const reg = pointer(PTR_TO_MAP_VALUE);
      reg.map = referent.map;
      reg.off = referent.offset;
      return reg;
    }
    case "ksym":
      return kernelSymbol(referent.btf, referent.btfId);
    default:
      return refuse("unrecognized bpf_ld_imm64 insn", "EINVAL");
  }
}

/** An address in the kernel; without a type it is a number. */
function kernelSymbol(btf: Btf | null, id: number): Reg {
  if (btf === null) return UNKNOWN_SCALAR;
  const symbol = btf.type(id);
  const readable = pointer(PTR_TO_MEM | MEM_RDONLY);
  if (symbol.kind !== "variable") return readable;
  const type = btf.resolve(symbol.type);
  const kind = btf.kind(type);
  if (isPerCpu(btf, id) || kind === "struct" || kind === "union") {
    const reg = pointer(isPerCpu(btf, id) ? PTR_TO_BTF_ID | MEM_PERCPU : PTR_TO_BTF_ID);
    reg.btf = btf;
    reg.btfId = symbol.type;
    return reg;
  }
  readable.memSize = btf.sizeOf(type);
  return readable;
}

function isPerCpu(btf: Btf, id: number): boolean {
  const section = btf.find(".data..percpu", "section");
  if (section === undefined) return false;
  const type = btf.type(section);
  return type.kind === "section" && type.variables.some(({ type: variable }) => variable === id);
}
