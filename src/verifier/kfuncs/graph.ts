/** Lists and trees of objects: roots in map values or objects, nodes in objects, both under one lock. */

import { matchesStruct } from "../calls/structs.ts";
import { isConstant } from "../numbers/bounds.ts";
import type { SpecialField, SpecialFieldKind } from "../program.ts";
import { refuse } from "../refusal.ts";
import { pointer, type Reg } from "../state/register.ts";
import { MEM_ALLOC, MEM_RCU, NON_OWN_REF, PTR_TO_BTF_ID } from "../state/types.ts";
import { fieldsOf } from "../walk/trust.ts";
import type { Walk } from "../walk/walk.ts";
import type { KfuncCall } from "./call.ts";
import { checkFieldsLocked } from "./locked.ts";

const NAMES = {
  "list-head": "bpf_list_head",
  "rb-root": "bpf_rb_root",
  "list-node": "bpf_list_node",
  "rb-node": "bpf_rb_node",
} as const;

function offsetOf(reg: Reg): number {
  return reg.off + reg.bounds.valueLo;
}

function fieldAt(walk: Walk, reg: Reg, index: number, kind: keyof typeof NAMES): SpecialField {
  const name = NAMES[kind];
  if (!isConstant(reg.bounds))
    refuse(`R${index} doesn't have constant offset. ${name} has to be at the constant offset`, "EINVAL");
  const off = offsetOf(reg);
  const field = fieldsOf(walk.program, reg).find((each) => each.kind === (kind as SpecialFieldKind) && each.offset === off);
  return field ?? refuse(`${name} not found at offset=${off >>> 0}`, "EINVAL");
}

/** A list's head or a tree's root, whose lock is held (`process_kf_arg_ptr_to_graph_root`). */
export function checkRoot(walk: Walk, reg: Reg, index: number, kind: "list-head" | "rb-root", call: KfuncCall): void {
  const field = fieldAt(walk, reg, index, kind);
  checkFieldsLocked(walk, reg, NAMES[kind]);
  if (kind === "list-head") call.listHead = field;
  else call.treeRoot = field;
}

/** An object's node, which must be the one that the root's elements are linked by (`process_kf_arg_ptr_to_graph_node`). */
export function checkNode(walk: Walk, reg: Reg, index: number, kind: "list-node" | "rb-node", call: KfuncCall): void {
  const name = NAMES[kind];
  fieldAt(walk, reg, index, kind);
  const root = kind === "list-node" ? call.listHead : call.treeRoot;
  if (root === null || root.btf === null) refuse(`${name} has no root`, "EINVAL");
  const off = offsetOf(reg);
  const element = root.btf.name(root.btfId);
  const at = reg.copy();
  at.off = 0;
  if (!matchesStruct(walk, at, root.btf, root.btfId, true))
    refuse(
      `operation on ${kind === "list-node" ? "bpf_list_head" : "bpf_rb_root"} expects arg#1 ${name} at offset=${root.nodeOffset} in struct ${element}, but arg is at offset=${off} in struct ${reg.btf?.name(reg.btfId) ?? ""}`,
      "EINVAL",
    );
  call.argumentBtf = reg.btf;
  call.argumentBtfId = reg.btfId;
  if (off !== root.nodeOffset)
    refuse(`arg#1 offset=${off}, but expected ${name} at offset=${root.nodeOffset} in struct ${element}`, "EINVAL");
}

/** A pointer to the node of an element of a list or tree. */
export function nodeOf(root: SpecialField): Reg {
  const reg = pointer(PTR_TO_BTF_ID | MEM_ALLOC);
  reg.btf = root.btf;
  reg.btfId = root.btfId;
  reg.off = root.nodeOffset;
  return reg;
}

/** What a pointer is that somebody else owns; with a reference count it is there until the RCU section ends (`ref_set_non_owning`). */
export function nonOwning(walk: Walk, reg: Reg): Reg {
  const to = reg.copy();
  to.type |= NON_OWN_REF;
  if (fieldsOf(walk.program, reg).some(({ kind }) => kind === "refcount")) to.type |= MEM_RCU;
  return to;
}

/** The object is the list's or tree's now: what the program holds are pointers that it does not own (`ref_convert_owning_non_owning`). */
export function giveAway(walk: Walk, refId: number): void {
  walk.mapRegisters((reg) => {
    if (reg.refId !== refId) return reg;
    const to = nonOwning(walk, reg);
    to.refId = 0;
    return to;
  });
}

/** Adding to a tree calls back to compare, with the lock held: the tree may not change there, nor in what is called from there. */
export function inTreeCallback(walk: Walk): boolean {
  return walk.state.frames.some(({ inCallback, callsite }) => {
    const called = inCallback ? walk.program.referents.get(callsite) : undefined;
    return called?.kind === "kfunc" && called.name.startsWith("bpf_rbtree_add");
  });
}
