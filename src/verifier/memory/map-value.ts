/** Values of maps: plain data, and special fields that only helpers and kfuncs may touch. */

import { constant } from "../numbers/bounds.ts";
import type { MapFacts, SpecialField, SpecialFieldKind } from "../program.ts";
import { refuse } from "../refusal.ts";
import { type Reg, scalar } from "../state/register.ts";
import type { Walk } from "../walk/walk.ts";
import type { Access } from "./access.ts";
import { accessKptr } from "./kptr.ts";
import { loadUnknown } from "./loaded.ts";
import { fixedPart, highestUnsigned, isFixed, isPlain, lowest } from "./offset.ts";
import { checkRange } from "./range.ts";

/** Programs may only read it. */
export const BPF_F_RDONLY_PROG = 1 << 7;
/** Programs may only write it. */
export const BPF_F_WRONLY_PROG = 1 << 8;

/** One load or store of a map value. */
export function accessMapValue(walk: Walk, access: Access, reg: Reg): void {
  const off = access.off + reg.off;
  const map = reg.map!;
  checkMapDirection(map, off, access.size, access.write);
  checkMapValue(walk, access.reg, off, access.size, false, true);
  if (map.fields.length > 0 && isFixed(reg.bounds)) {
    const kptr = fieldAt(map, off + fixedPart(reg.bounds));
    if (kptr !== null && isPointerField(kptr.kind)) {
      accessKptr(walk, access, kptr);
      return;
    }
  }
  if (access.write || access.value < 0) return;
  if (map.contents !== null && isFixed(reg.bounds)) loadContents(walk, access, map, off + fixedPart(reg.bounds));
  else loadUnknown(walk, access);
}

/** `check_map_access_type`. */
export function checkMapDirection(map: MapFacts, off: number, size: number, write: boolean): void {
  if ((map.flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) === 0) return;
  // A map with both flags is taken for one that may be read.
  const allowed = write ? (map.flags & BPF_F_RDONLY_PROG) === 0 : (map.flags & BPF_F_RDONLY_PROG) !== 0;
  if (allowed) return;
  const what = write ? "write into" : "read from";
  refuse(`${what} map forbidden, value_size=${map.valueSize} off=${off} size=${size}`);
}

/**
 * `check_map_access`: inside the value, and outside of its special fields; an instruction may load or store a whole kptr.
 *
 * @param off with `Reg.off`.
 */
export function checkMapValue(walk: Walk, index: number, off: number, size: number, zeroAllowed: boolean, direct: boolean): void {
  const reg = walk.reg(index);
  const map = reg.map!;
  checkRange(walk, index, off, size, map.valueSize, zeroAllowed);
  if (map.fields.length === 0) return;
  const plain = isPlain(reg.bounds);
  const first = off + (plain ? 0 : lowest(reg.bounds));
  const end = off + size + (plain ? 0 : highestUnsigned(reg.bounds));
  for (const field of map.fields) {
    if (first >= field.offset + field.size || field.offset >= end) continue;
    const name = fieldName(field.kind);
    if (!isPointerField(field.kind)) refuse(`${name} cannot be accessed directly by load/store`);
    const said = walk.era >= 613 ? name : "kptr";
    if (!direct) refuse(`${said} cannot be accessed indirectly by helper`);
    if (!isFixed(reg.bounds)) refuse(`${said} access cannot have variable offset`);
    const at = off + fixedPart(reg.bounds);
    if (field.offset !== at) refuse(`${said} access misaligned expected=${field.offset} off=${at}`);
    if (size !== 8) refuse(`${said} access size must be BPF_DW`);
  }
}

/** Pointers to objects in map values, which may be loaded and, some, stored. */
function isPointerField(kind: SpecialFieldKind): boolean {
  return kind === "kptr-ref" || kind === "kptr-untrusted" || kind === "kptr-percpu" || kind === "uptr";
}

/** The special field that begins there. */
export function fieldAt(map: MapFacts, off: number): SpecialField | null {
  for (const field of map.fields) if (field.offset === off) return field;
  return null;
}

/** As the log calls it (`btf_field_type_name`). */
export function fieldName(kind: SpecialFieldKind): string {
  switch (kind) {
    case "spin-lock":
      return "bpf_spin_lock";
    case "res-spin-lock":
      return "bpf_res_spin_lock";
    case "timer":
      return "bpf_timer";
    case "work-queue":
      return "bpf_wq";
    case "task-work":
      return "bpf_task_work";
    case "kptr-untrusted":
    case "kptr-ref":
      return "kptr";
    case "kptr-percpu":
      return "percpu_kptr";
    case "uptr":
      return "uptr";
    case "list-head":
      return "bpf_list_head";
    case "list-node":
      return "bpf_list_node";
    case "rb-root":
      return "bpf_rb_root";
    case "rb-node":
      return "bpf_rb_node";
    case "refcount":
      return "bpf_refcount";
  }
}

/** Nobody changes a map that is read-only for programs and frozen for user space: loads give what is in it. */
function loadContents(walk: Walk, access: Access, map: MapFacts, off: number): void {
  const contents = map.contents!;
  // Only maps of one value have an address that the kernel knows.
  if (map.maxEntries !== 1) refuse("", "EOPNOTSUPP");
  const byte = (at: number): number => contents[off + at] ?? 0;
  const { size } = access;
  let lo = byte(0);
  let hi = 0;
  if (size >= 2) lo |= byte(1) << 8;
  if (size >= 4) lo |= (byte(2) << 16) | (byte(3) << 24);
  if (size === 8) hi = byte(4) | (byte(5) << 8) | (byte(6) << 16) | (byte(7) << 24);
  else if (access.signExtend) {
    const unused = 32 - size * 8;
    lo = (lo << unused) >> unused;
    hi = lo >> 31;
  }
  walk.setReg(access.value, scalar(constant(lo, hi)));
}
