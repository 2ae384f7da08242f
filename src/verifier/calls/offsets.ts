/** Pointers that must be passed as they were given: without offset, or with a constant one. */

import { bitsText } from "../print/numbers.ts";
import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  MEM_ALLOC,
  MEM_RCU,
  MEM_RDONLY,
  MEM_RINGBUF,
  NON_OWN_REF,
  OBJ_RELEASE,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TRUSTED,
  SCALAR,
} from "../state/types.ts";
import type { ArgClass } from "../target.ts";
import type { Walk } from "../walk/walk.ts";

/** Refuses a variable or negative offset, and a constant one unless `fixedAllowed` (`__check_ptr_off_reg`). */
export function checkFixedOffset(walk: Walk, reg: Reg, index: number, fixedAllowed = false): void {
  const { era } = walk;
  if (reg.off < 0) refuse(`negative offset ${typeName(reg.type, era)} ptr R${index} off=${reg.off} disallowed`);
  if (!fixedAllowed && reg.off !== 0) {
    refuse(`dereference of modified ${typeName(reg.type, era)} ptr R${index} off=${reg.off} disallowed`);
  }
  const { bounds } = reg;
  if ((bounds.maskLo | bounds.maskHi | bounds.valueLo | bounds.valueHi) === 0) return;
  refuse(`variable ${typeName(reg.type, era)} access var_off=${bitsText(bounds, era)} disallowed`);
}

/** Which offsets an argument may have (`check_func_arg_reg_off`). */
export function checkArgumentOffset(walk: Walk, reg: Reg, index: number, class_: ArgClass, flags: number): void {
  if (walk.era < 602) {
    checkArgumentOffsetBefore62(walk, reg, index, class_, flags);
    return;
  }
  const { type } = reg;
  if ((flags & OBJ_RELEASE) !== 0) {
    // The dynptr on the stack holds what is released, at any offset of the stack.
    if (class_ === "dynptr" && type === PTR_TO_STACK) return;
    if (reg.off !== 0) {
      refuse(`R${index} must have zero offset when passed to release func or trusted arg to kfunc`, "EINVAL");
    }
    checkFixedOffset(walk, reg, index);
    return;
  }
  switch (type) {
    case PTR_TO_STACK:
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_MEM | MEM_RDONLY:
    case PTR_TO_MEM | MEM_RINGBUF:
    case PTR_TO_BUF:
    case PTR_TO_BUF | MEM_RDONLY:
    case PTR_TO_ARENA:
    case SCALAR:
      return;
    case PTR_TO_BTF_ID:
    case PTR_TO_BTF_ID | MEM_ALLOC:
    case PTR_TO_BTF_ID | PTR_TRUSTED:
    case PTR_TO_BTF_ID | MEM_RCU:
    case PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF:
    case PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF | MEM_RCU:
      checkFixedOffset(walk, reg, index, true);
      return;
    default:
      checkFixedOffset(walk, reg, index);
  }
}

function checkArgumentOffsetBefore62(walk: Walk, reg: Reg, index: number, class_: ArgClass, flags: number): void {
  switch (reg.type) {
    case PTR_TO_STACK:
      if (class_ === "dynptr" && reg.off % 8 !== 0) refuse("cannot pass in dynptr at an offset", "EINVAL");
      return;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_MEM | MEM_RDONLY:
    case PTR_TO_BUF:
    case PTR_TO_BUF | MEM_RDONLY:
    case SCALAR:
      return;
    case PTR_TO_MEM | MEM_RINGBUF:
      if (class_ !== "ringbuf-mem") return;
      checkFixedOffset(walk, reg, index);
      return;
    case PTR_TO_BTF_ID:
      if ((flags & OBJ_RELEASE) !== 0 && reg.off !== 0) {
        refuse(`R${index} must have zero offset when passed to release func`, "EINVAL");
      }
      checkFixedOffset(walk, reg, index, true);
      return;
    default:
      checkFixedOffset(walk, reg, index);
  }
}
