/** Maps as arguments, and what is found by them: keys, values, timers. */

import { HELPER } from "../../uapi/helpers.ts";
import type { MapType } from "../../uapi/map-types.ts";
import { checkHelperMemory } from "../memory/region.ts";
import { isConstant } from "../numbers/bounds.ts";
import { kernelName } from "../print/register.ts";
import type { MapFacts, SpecialFieldKind } from "../program.ts";
import { markStackPrecise } from "../prune/precision.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import { kindAt, SLOT_SPILL, SLOT_ZERO } from "../state/slot.ts";
import { MEM_UNINIT, MEM_WRITE, PTR_TO_STACK, SCALAR } from "../state/types.ts";
import type { ArgClass } from "../target.ts";
import type { Walk } from "../walk/walk.ts";
import type { Call } from "./call.ts";
import { fieldOfKind, mapHasTypes } from "./records.ts";

/**
 * Socket maps hold sockets, which are passed as such and are no room for a value (`resolve_map_arg_type`).
 * @param flags of the argument.
 */
export function mapValueClass(call: Call, flags: number): ArgClass {
  const { map } = call;
  if (map === null) refuse("invalid map_ptr to access map->type");
  if (map.type !== "sockmap" && map.type !== "sockhash") return "map-value";
  return flags === 0 ? "btf-id-sock-common" : refuse("invalid arg_type for sockmap/sockhash", "EINVAL");
}

/** A map, which must be the one that a timer before it lies in. */
export function takeMap(call: Call, reg: Reg): void {
  if (call.map !== null && (call.map !== reg.map || call.mapUid !== reg.mapUid)) {
    refuse(`timer pointer in R1 map_uid=${call.mapUid} doesn't match map pointer in R2 map_uid=${reg.mapUid}`, "EINVAL");
  }
  call.map = reg.map;
  call.mapUid = reg.mapUid;
}

export function checkMapKey(walk: Walk, index: number, call: Call): void {
  const { map } = call;
  if (map === null) refuse("invalid map_ptr to access map->key");
  checkHelperMemory(walk, index, map.keySize, false, false, null);
  if (walk.era >= 614 && neverMisses(map.type)) call.constantKey = constantKey(walk, walk.reg(index), map.keySize);
}

export function checkMapValue(walk: Walk, index: number, flags: number, call: Call): void {
  const { map } = call;
  if (map === null) refuse("invalid map_ptr to access map->value");
  call.rawMode = (flags & MEM_UNINIT) !== 0;
  checkHelperMemory(walk, index, map.valueSize, (flags & MEM_WRITE) !== 0, false, call);
}

/** Maps in which every key below the number of entries is found (`can_elide_value_nullness`). */
export function neverMisses(type: MapType): boolean {
  return type === "array" || type === "percpu_array";
}

/** The key when the stack holds one known number there, else -1 (`get_constant_map_key`). Since 6.14. */
function constantKey(walk: Walk, pointer: Reg, keySize: number): number {
  if (pointer.type !== PTR_TO_STACK || !isConstant(pointer.bounds)) return -1;
  const offset = -(pointer.off + pointer.bounds.valueLo) - 1;
  const index = offset >> 3;
  const slot = walk.state.frames[pointer.frame]!.stack[index];
  if (slot === undefined) return -1;
  const first = offset & 7;
  if (run(slot.kinds, first, SLOT_ZERO) >= keySize) return 0;
  if (slot.kinds >>> 28 !== SLOT_SPILL || slot.reg.type !== SCALAR || run(slot.kinds, first, SLOT_SPILL) !== keySize) return -1;
  const { bounds } = slot.reg;
  if (!isConstant(bounds)) return -1;
  markStackPrecise(walk, pointer.frame, index);
  return bounds.valueHi === 0 ? bounds.valueLo >>> 0 : -1;
}

/** How many bytes from byte `first` on upwards in memory are of that kind. */
function run(kinds: number, first: number, kind: number): number {
  let bytes = 0;
  for (let i = first; i >= 0 && kindAt(kinds, i) === kind; i--) bytes++;
  return bytes;
}

/** A pointer to a timer in a map value (`process_timer_func`). */
export function checkTimer(walk: Walk, index: number, call: Call): void {
  const reg = walk.reg(index);
  const map = checkMapField(walk, reg, index, "timer", "bpf_timer");
  if (call.map !== null) refuse("verifier bug. Two map pointers in a timer helper", "EFAULT");
  call.map = map;
  call.mapUid = reg.mapUid;
}

/** A pointer to the one field of that kind which the map's values have (`check_map_field_pointer`). */
export function checkMapField(walk: Walk, reg: Reg, index: number, kind: SpecialFieldKind, struct: string): MapFacts {
  const old = walk.era < 602;
  const code = old ? "EACCES" : "EINVAL";
  const { bounds, map } = reg;
  if (!isConstant(bounds)) {
    refuse(`R${index} doesn't have constant offset. ${struct} has to be at the constant offset`, code);
  }
  if (map === null) refuse(`R${index} is not a map value`, code);
  const name = kernelName(map.name);
  if (!mapHasTypes(map)) refuse(`map '${name}' has to have BTF in order to use ${struct}`, code);
  const field = fieldOfKind(map.fields, kind);
  if (field === undefined)
    refuse(old ? `map '${name}' doesn't have 'struct ${struct}'` : `map '${name}' has no valid ${struct}`, code);
  const off = reg.off + bounds.valueHi * 4294967296 + (bounds.valueLo >>> 0);
  if (off !== field.offset) refuse(`off ${off} doesn't point to 'struct ${struct}' that is at ${field.offset}`, code);
  return map;
}

/** Helpers that may change a map. */
const WRITERS: ReadonlySet<number> = new Set([
  HELPER.bpf_map_delete_elem,
  HELPER.bpf_map_update_elem,
  HELPER.bpf_map_push_elem,
  HELPER.bpf_map_pop_elem,
]);

/** `BPF_F_RDONLY_PROG`. */
const READ_ONLY_FOR_PROGRAMS = 1 << 7;

export function checkMapWritable(call: Call): void {
  if (call.map !== null && (call.map.flags & READ_ONLY_FOR_PROGRAMS) !== 0 && WRITERS.has(call.prototype.id)) {
    refuse("write into map forbidden");
  }
}
