/** Arguments of global functions: memory and objects, as their callers give them. */

import { checkHelperMemory } from "../memory/region.ts";
import { isZero } from "../numbers/bounds.ts";
import { MEM_RDONLY, mayBeNull, SCALAR } from "../state/types.ts";
import { learnNotNull } from "../walk/nulls.ts";
import type { Walk } from "../walk/walk.ts";
import { checkRegisterType } from "./argument-registers.ts";
import { checkDynptrArgument } from "./dynptrs.ts";
import { checkArgumentOffset } from "./offsets.ts";

/** `size` bytes that the function may read and write; null is for the function to check (`check_mem_reg`). */
export function checkMemoryArgument(walk: Walk, index: number, size: number): void {
  const reg = walk.reg(index);
  if (reg.type === SCALAR && isZero(reg.bounds)) return;
  // Looked at as it is when it is not null.
  if (mayBeNull(reg.type)) walk.setReg(index, learnNotNull(reg));
  checkHelperMemory(walk, index, size, false, true, null);
  checkHelperMemory(walk, index, size, true, true, null);
  walk.setReg(index, reg);
}

export function checkConstDynptrArgument(walk: Walk, index: number): void {
  checkArgumentOffset(walk, walk.reg(index), index, "dynptr", 0);
  checkDynptrArgument(walk, index, MEM_RDONLY, 0);
}

/** @param id of the struct in the kernel's types. */
export function checkObjectArgument(walk: Walk, index: number, flags: number, id: number): void {
  checkRegisterType(walk, index, "btf-id", flags, walk.program.kernelTypes?.name(id) ?? null, null);
  checkArgumentOffset(walk, walk.reg(index), index, "btf-id", flags);
}
