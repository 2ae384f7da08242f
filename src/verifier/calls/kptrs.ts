/** Kernel pointers in maps, for `bpf_kptr_xchg` and direct stores. */

import { kernelName } from "../print/register.ts";
import { typeName } from "../print/types.ts";
import type { SpecialField } from "../program.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  BASE_TYPE,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  typeFlags,
} from "../state/types.ts";
import { fieldsOf } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";
import type { Call } from "./call.ts";
import { checkFixedOffset } from "./offsets.ts";
import { mapHasTypes } from "./records.ts";
import { matchesStruct } from "./structs.ts";

/** What may be stored in a kptr: an object of its type (`map_kptr_match_type`). */
export function checkKptrType(walk: Walk, field: SpecialField, reg: Reg, index: number): void {
  const { era, program } = walk;
  const untyped = field.kind === "kptr-untrusted";
  const kernels = reg.btf !== null && reg.btf === program.kernelTypes;
  let name = "";
  let matches = (reg.type & BASE_TYPE) === PTR_TO_BTF_ID && (typeFlags(reg.type) & ~allowedFlags(field, kernels, era)) === 0;
  if (matches && era < 602 && !kernels) refuse(`R${index} must point to kernel BTF`, "EINVAL");
  if (matches && era >= 607) matches = (field.kind === "kptr-percpu") === ((reg.type & MEM_PERCPU) !== 0);
  if (matches) {
    name = reg.btf?.name(reg.btfId) ?? "";
    checkFixedOffset(walk, reg, index, true);
    matches = field.btf !== null && matchesStruct(walk, reg, field.btf, field.btfId, !untyped);
  }
  if (matches) return;
  const target = field.btf?.name(field.btfId) ?? "";
  const pointer = typeName(PTR_TO_BTF_ID, era);
  const or = untyped ? ` or ${typeName(PTR_TO_BTF_ID | PTR_UNTRUSTED, era)}${target}` : "";
  refuse(
    `invalid kptr access, R${index} type=${typeName(reg.type, era)}${name} expected=${pointer}${target}${or}`,
    era < 602 ? "EACCES" : "EINVAL",
  );
}

function allowedFlags(field: SpecialField, kernels: boolean, era: number): number {
  if (era < 602) return PTR_MAYBE_NULL | (field.kind === "kptr-untrusted" ? PTR_UNTRUSTED : 0);
  if (!kernels) return PTR_MAYBE_NULL | MEM_ALLOC | (field.kind === "kptr-percpu" ? MEM_PERCPU : 0);
  return PTR_MAYBE_NULL | PTR_TRUSTED | MEM_RCU | (field.kind === "kptr-untrusted" ? PTR_UNTRUSTED : 0);
}

/** The first argument of `bpf_kptr_xchg` points at a kptr that owns what it holds (`process_kptr_func`). */
export function checkKptrPlace(walk: Walk, index: number, call: Call): void {
  const reg = walk.reg(index);
  const { era } = walk;
  const { bounds } = reg;
  const old = era < 602;
  const constant = (bounds.maskLo | bounds.maskHi) === 0;
  const variable = `R${index} doesn't have constant offset. kptr has to be at the constant offset`;
  if (old && !constant) refuse(variable);
  const map = reg.type === PTR_TO_MAP_VALUE ? reg.map : null;
  if (map !== null) {
    if (!mapHasTypes(map)) {
      refuse(`map '${kernelName(map.name)}' has to have BTF in order to use bpf_kptr_xchg`, old ? "EACCES" : "EINVAL");
    }
    call.map = map;
  }
  if (!constant) refuse(variable, "EINVAL");
  const kptrs = fieldsOf(walk.program, reg).filter(({ kind }) => kind.startsWith("kptr"));
  if (kptrs.length === 0) {
    if (old) refuse(`map '${kernelName(map?.name ?? "")}' has no valid kptr`);
    refuse(`R${index} has no valid kptr`, "EINVAL");
  }
  const off = (reg.off + bounds.valueLo) | 0;
  const field = kptrs.find(({ offset }) => offset === off);
  if (field === undefined) refuse(`off=${off} doesn't point to kptr`);
  if (field.kind === "kptr-untrusted") refuse(`off=${off} kptr isn't referenced kptr`);
  call.kptr = field;
}
