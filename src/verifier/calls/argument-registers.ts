/** Whether a register may be passed as an argument, by its type (`check_reg_type`). */

import { HELPER } from "../../uapi/helpers.ts";
import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  BASE_TYPE,
  DYNPTR_TYPES,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TRUSTED,
} from "../state/types.ts";
import type { ArgClass } from "../target.ts";
import type { Walk } from "../walk/walk.ts";
import { compatibleTypes, MEMORY } from "./argument-types.ts";
import type { Call } from "./call.ts";
import { checkKptrType } from "./kptrs.ts";
import { matchesStruct } from "./structs.ts";

/**
 * @param class_ as `resolve_map_arg_type` makes it.
 * @param struct btf-id arguments: whose type it must be, by its name in the kernel.
 * @param call null: the argument of a global function.
 */
export function checkRegisterType(
  walk: Walk,
  index: number,
  class_: ArgClass,
  flags: number,
  struct: string | null,
  call: Call | null,
): void {
  const reg = walk.reg(index);
  const { era } = walk;
  const compatible = compatibleTypes(class_, era);
  if (compatible === null) refuse(`verifier internal error: unsupported arg type ${class_}`, "EFAULT");
  const exchanged = call !== null && call.prototype.id === HELPER.bpf_kptr_xchg && index === 2;
  let { type } = reg;
  if ((flags & MEM_RDONLY) !== 0) type &= ~MEM_RDONLY;
  if ((flags & PTR_MAYBE_NULL) !== 0) type &= ~PTR_MAYBE_NULL;
  if (class_ === "mem" && era >= 602) type &= ~DYNPTR_TYPES;
  // Objects of the program's own may be put in a map.
  if (exchanged && (type & MEM_ALLOC) !== 0) type &= ~(MEM_ALLOC | MEM_PERCPU);
  if (!compatible.includes(type)) {
    const expected = compatible.map((each) => typeName(each, era)).join(", ");
    refuse(`R${index} type=${typeName(reg.type, era)} expected=${expected}`);
  }
  if ((reg.type & BASE_TYPE) !== PTR_TO_BTF_ID) return;
  if (era < 602) {
    if (reg.type === PTR_TO_BTF_ID) checkStruct(walk, reg, index, class_, flags, struct, call);
    return;
  }
  if (compatible === MEMORY) {
    if ((flags & MEM_RDONLY) !== 0) return;
    refuse(`${call?.prototype.name ?? "unknown"}() may write into memory pointed by R${index} type=${typeName(reg.type, era)}`);
  }
  checkObject(walk, reg, index, class_, flags, struct, call);
}

function checkObject(
  walk: Walk,
  reg: Reg,
  index: number,
  class_: ArgClass,
  flags: number,
  struct: string | null,
  call: Call | null,
): void {
  switch (reg.type) {
    case PTR_TO_BTF_ID:
    case PTR_TO_BTF_ID | PTR_TRUSTED:
    case PTR_TO_BTF_ID | PTR_TRUSTED | PTR_MAYBE_NULL:
    case PTR_TO_BTF_ID | MEM_RCU:
    case PTR_TO_BTF_ID | PTR_MAYBE_NULL:
    case PTR_TO_BTF_ID | PTR_MAYBE_NULL | MEM_RCU:
      if ((reg.type & PTR_MAYBE_NULL) !== 0 && ((flags & PTR_MAYBE_NULL) === 0 || (flags & OBJ_RELEASE) !== 0)) {
        refuse(`Possibly NULL pointer passed to helper arg${index}`);
      }
      checkStruct(walk, reg, index, class_, flags, struct, call);
      return;
    case PTR_TO_BTF_ID | MEM_ALLOC:
    case PTR_TO_BTF_ID | MEM_PERCPU | MEM_ALLOC: {
      const id = call?.prototype.id;
      if (id !== HELPER.bpf_spin_lock && id !== HELPER.bpf_spin_unlock && id !== HELPER.bpf_kptr_xchg) {
        refuse("verifier internal error: unimplemented handling of MEM_ALLOC", "EFAULT");
      }
      if (id === HELPER.bpf_kptr_xchg && index === 2) checkKptrType(walk, call!.kptr!, reg, index);
      return;
    }
    case PTR_TO_BTF_ID | MEM_PERCPU:
    case PTR_TO_BTF_ID | MEM_PERCPU | MEM_RCU:
    case PTR_TO_BTF_ID | MEM_PERCPU | PTR_TRUSTED:
      return;
    default:
      refuse("verifier internal error: invalid PTR_TO_BTF_ID register for type match", "EFAULT");
  }
}

/** The object is of the struct that is wanted, or one lies in it where the pointer points. */
function checkStruct(
  walk: Walk,
  reg: Reg,
  index: number,
  class_: ArgClass,
  flags: number,
  struct: string | null,
  call: Call | null,
): void {
  if (call?.prototype.id === HELPER.bpf_kptr_xchg) {
    checkKptrType(walk, call.kptr!, reg, index);
    return;
  }
  // Sockets of all kinds begin with a sock_common: bpf_sk_release takes them all.
  const strict = (flags & OBJ_RELEASE) !== 0 && call?.prototype.id !== HELPER.bpf_sk_release;
  const wanted = class_ === "btf-id-sock-common" ? "sock_common" : struct;
  if (wanted === null) refuse("verifier internal error: missing arg compatible BTF ID", "EFAULT");
  const types = walk.program.kernelTypes;
  const wantedId = types?.find(wanted, "struct") ?? 0;
  if (types !== null && matchesStruct(walk, reg, types, wantedId, strict)) return;
  refuse(`R${index} is of type ${reg.btf?.name(reg.btfId) ?? "unknown"} but ${wanted} is expected`);
}
