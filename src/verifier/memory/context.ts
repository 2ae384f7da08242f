/** The context that a program is called with: fields by the table of its type, or arguments of a kernel function by their types. */

import { UNKNOWN } from "../numbers/bounds.ts";
import { inRange } from "../numbers/load.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg, scalar } from "../state/register.ts";
import { BASE_TYPE, mayBeNull, PTR_TO_BTF_ID, SCALAR } from "../state/types.ts";
import type { ContextAccess } from "../target.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";
import { accessBtfContext } from "./btf-context.ts";
import { narrow, unknownOf } from "./loaded.ts";
import { checkUnmodified } from "./offset.ts";

/** Only at constant offsets that the program did not compute (`check_ctx_access`). */
export function accessContext(walk: Walk, access: Access, reg: Reg): void {
  if (walk.era < 604 && access.write && access.value < 0) refuse(`BPF_ST stores into R${access.reg} ctx is not allowed`);
  checkUnmodified(reg, access.reg, false, walk.era);
  const off = access.off + reg.off;
  const { conditions } = walk.facts;
  if (off + access.size > conditions.contextSize) conditions.contextSize = off + access.size;
  if (walk.program.rules.context === "btf-arguments") {
    accessBtfContext(walk, access, off);
    return;
  }
  const field = off < 0 ? null : walk.program.rules.access(off, access.size, access.write);
  // What becomes a pointer is no number that has a sign.
  if (field === null || (field.type !== SCALAR && access.signExtend))
    refuse(`invalid bpf_context access off=${off} size=${access.size}`);
  if (!access.write && access.value >= 0) walk.setReg(access.value, fieldValue(walk, field, access));
}

function fieldValue(walk: Walk, field: ContextAccess, access: Access): Reg {
  if (field.type === SCALAR) {
    if (field.range === null) return unknownOf(access.size, access.signExtend);
    // What a hook returned before the program runs.
    const bounds = inRange(UNKNOWN, field.range.min, field.range.max, walk.era);
    return narrow(scalar(bounds), access.size, access.signExtend, walk.era);
  }
  const reg = pointer(field.type);
  if (mayBeNull(field.type)) reg.id = walk.nextId();
  if ((field.type & BASE_TYPE) === PTR_TO_BTF_ID) {
    const types = walk.program.kernelTypes;
    const id = types?.find(field.struct ?? "", "struct");
    if (types === null || id === undefined) refuse(`invalid bpf_context access off=${access.off} size=${access.size}`);
    reg.btf = types;
    reg.btfId = id;
  }
  return reg;
}
