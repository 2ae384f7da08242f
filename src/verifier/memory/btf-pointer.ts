/** Objects of which the verifier knows the type: the kernel's, and those that a program allocates. */

import type { Btf } from "../../btf/btf.ts";
import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, UNKNOWN_SCALAR } from "../state/register.ts";
import {
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_USER,
  NON_OWN_REF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_UNTRUSTED,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";
import { flagsOfLoaded } from "./btf-trust.ts";
import { type Found, walkStruct } from "./btf-walk.ts";
import { checkKernelWrite, mayWriteKernel } from "./btf-writes.ts";
import { MAP_STRUCTS } from "./map-structs.ts";
import { fieldName } from "./map-value.ts";
import { isPlain } from "./offset.ts";

/** `check_ptr_to_btf_access`. Loads give a pointer again, or some number: the caller narrows it. */
export function accessBtfPointer(walk: Walk, access: Access, reg: Reg): void {
  const { reg: index, size, write, value } = access;
  const { era, program } = walk;
  const btf = reg.btf!;
  const off = access.off + reg.off;
  const name = btf.name(reg.btfId);
  const ofKernel = btf !== program.types;
  if (era >= 604 && !program.gpl && ofKernel) {
    refuse(`Cannot access kernel 'struct ${name}' from non-GPL compatible program`, "EINVAL");
  }
  if (off < 0) refuse(`R${index} is ptr_${name} invalid negative access: off=${off}`);
  if (!isPlain(reg.bounds)) {
    refuse(`R${index} is ptr_${name} invalid variable offset: off=${off}, var_off=${bitsText(reg.bounds, era)}`);
  }
  if ((reg.type & MEM_USER) !== 0) refuse(`R${index} is ptr_${name} access user memory: off=${off}`);
  if ((reg.type & MEM_PERCPU) !== 0) refuse(`R${index} is ptr_${name} access percpu memory: off=${off}`);
  const allocated = (reg.type & MEM_ALLOC) !== 0;
  if (write) {
    if (era >= 602 && (reg.type & PTR_UNTRUSTED) !== 0) refuse("only read is supported");
    if (!allocated && mayWriteKernel(program)) {
      checkKernelWrite(program, btf, reg.btfId, off, size);
      return;
    }
    if (!allocated) refuse("only read is supported");
  }
  if (allocated) {
    if ((reg.type & (NON_OWN_REF | MEM_RCU)) === 0 && reg.refId === 0) {
      refuse("verifier internal error: ref_obj_id for allocated object must be non-zero", "EFAULT");
    }
    for (const field of program.objects.get(reg.btfId) ?? []) {
      if (off < field.offset + field.size && field.offset < off + size) {
        refuse(`direct access to ${fieldName(field.kind)} is disallowed`);
      }
    }
  }
  const found = findField(btf, reg.btfId, off, size, !allocated, era);
  if (write || value < 0) return;
  // What a program stores in its own objects may be any number.
  if (allocated && found.kind === "pointer") walk.setReg(value, UNKNOWN_SCALAR);
  else load(walk, value, btf, found, found.kind === "pointer" ? flagsOfLoaded(walk, reg, found) : 0);
}

/** Fields of a map itself, through a pointer to it (`check_ptr_to_map_access`). */
export function accessMapStruct(walk: Walk, access: Access, reg: Reg): void {
  const { reg: index, size, write, value } = access;
  const map = reg.map!;
  const types = walk.program.kernelTypes;
  if (types === null) refuse("map_ptr access not supported without CONFIG_DEBUG_INFO_BTF", "EOPNOTSUPP");
  const name = MAP_STRUCTS[map.type] ?? "";
  const id = types.find(name, "struct");
  if (id === undefined) refuse(`map_ptr access not supported for map type ${map.type}`, "EOPNOTSUPP");
  const off = access.off + reg.off;
  if (off < 0) refuse(`R${index} is ${name} invalid negative access: off=${off}`);
  if (write) refuse(`only read from ${name} is supported`);
  const found = findField(types, id, off, size, true, walk.era);
  if (value >= 0) load(walk, value, types, found, found.flags);
}

/** Through structs in structs to what lies there (`btf_struct_access`). */
function findField(btf: Btf, id: number, off: number, size: number, flexible: boolean, era: number): Found {
  let found = walkStruct(btf, id, off, size, 0, flexible, era);
  while (found.kind === "struct") found = walkStruct(btf, found.id, 0, size, found.flags, flexible, era);
  if (found.kind === "nothing") refuse(found.text, found.code);
  return found;
}

/** `mark_btf_ld_reg`. */
function load(walk: Walk, value: number, btf: Btf, found: Found, flags: number): void {
  if (found.kind === "scalar") {
    walk.setReg(value, UNKNOWN_SCALAR);
    return;
  }
  if (found.kind === "memory") {
    walk.setReg(value, pointer(PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED));
    return;
  }
  walk.setReg(value, pointerTo(walk, btf, found.id, flags));
}

/** A pointer to an object, at its start. */
export function pointerTo(walk: Walk, btf: Btf, id: number, flags: number): Reg {
  const reg = pointer(PTR_TO_BTF_ID | flags);
  reg.btf = btf;
  reg.btfId = id;
  if ((flags & PTR_MAYBE_NULL) !== 0) reg.id = walk.nextId();
  return reg;
}
