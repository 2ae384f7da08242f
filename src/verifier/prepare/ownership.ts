/** Objects that own objects: their freeing must end, and not go deep (`btf_check_and_fixup_fields` of kernel/bpf/btf.c). */

import type { Btf } from "../../btf/btf.ts";
import type { SpecialField } from "../program.ts";
import { FieldError } from "./fields.ts";

type Objects = ReadonlyMap<number, readonly SpecialField[]>;

/** `BTF_MAX_OWNERSHIP_DEPTH`. */
const MOST_OWNERS = 8;

const isRoot = ({ kind }: SpecialField): boolean => kind === "list-head" || kind === "rb-root";
const isNode = ({ kind }: SpecialField): boolean => kind === "list-node" || kind === "rb-node";

/** @throws FieldError */
export function checkOwnership(objects: Objects, { btf, era }: { readonly btf: Btf; readonly era: number }): void {
  for (const fields of objects.values()) {
    checkOwned(fields, objects);
    // An owner that is owned may not own an owner.
    if (
      era !== COUNTS_DEPTH &&
      fields.some(isNode) &&
      fields.filter(isRoot).some(({ btfId }) => objects.get(btfId)?.some(isRoot))
    )
      throw new FieldError("ELOOP", "an owner of lists or trees that is in one itself may not own another owner");
  }
  if (era !== COUNTS_DEPTH) return;
  const depths = new Map<number, number>();
  for (const id of objects.keys()) depthOf(id, btf, objects, depths, MOST_OWNERS);
}

/** The updates of 6.12 (117) count how deep owning goes instead, kptrs included. */
const COUNTS_DEPTH = 612;

function depthOf(id: number, btf: Btf, objects: Objects, depths: Map<number, number>, left: number): number {
  if (left === 0) throw new FieldError("ELOOP", `objects own objects more than ${MOST_OWNERS} deep`);
  let depth = depths.get(id);
  if (depth === undefined) {
    depth = 1;
    for (const field of objects.get(id) ?? []) {
      const owns = isRoot(field) || ((field.kind === "kptr-ref" || field.kind === "kptr-percpu") && field.btf === btf);
      if (owns && objects.has(field.btfId)) depth = Math.max(depth, 1 + depthOf(field.btfId, btf, objects, depths, left - 1));
    }
    depths.set(id, depth);
  }
  if (depth > left) throw new FieldError("ELOOP", `objects own objects more than ${MOST_OWNERS} deep`);
  return depth;
}

/** Lists and trees are of objects with special fields: a node at the least. @throws FieldError */
export function checkOwned(fields: readonly SpecialField[], objects: Objects): void {
  for (const field of fields) {
    if (isRoot(field) && !objects.has(field.btfId))
      throw new FieldError("EFAULT", "a list or tree of structs without special fields");
  }
}
