/** Helpers that call functions of the program (kernel/bpf/bpf_iter.c, arraymap.c, hashtab.c). */

import { FRAME_SIZE } from "../access.ts";
import { KEY_SIZE } from "../cpu.ts";
import { DYNPTR, DYNPTR_SIZE, initDynptr } from "../dynptr.ts";
import { ArrayMap } from "../maps/array.ts";
import { E2BIG, EINVAL } from "../maps/errno.ts";
import { HashMap } from "../maps/hash.ts";
import { UserRingBufferMap } from "../maps/ring-buffer.ts";
import { callingBack, type Helper, type HelperCall, helper } from "./helper.ts";

/** BPF_MAX_LOOPS: rounds of one `bpf_loop`. */
export const MOST_ROUNDS = 8 * 1024 * 1024;

/** What a place of a map is worth that holds no entry, in bytes. */
const PASSED_WORK = 64;

/** Rounds that were begun; the first callback that does not return 0 is the last. Linux 5.17. */
function loop(call: HelperCall, rounds: number, callback: number, context: number, flags: number): number {
  if ((flags | call.highOf(4)) !== 0) return -EINVAL;
  const count = rounds >>> 0;
  if (count > MOST_ROUNDS) return -E2BIG;
  for (let round = 0; round < count; round++) if (call.callback(callback, round, context, 0, 0, 0) !== 0) return round + 1;
  return count;
}

/** Where what a callback is shown lies that is in no map: one place for each depth of calls. */
const placeOf = ({ cpu, space }: HelperCall): number => cpu.keys + ((cpu.stackEnd - space.stackLow) / FRAME_SIZE - 1) * KEY_SIZE;

/** Each sample of a user ring buffer, as a dynptr, until a callback does not return 0; how many there were. Linux 6.1. */
function drain(call: HelperCall, handle: number, callback: number, context: number, flags: number): number {
  const map = call.mapAt(handle);
  if (!(map instanceof UserRingBufferMap)) throw call.fault(`${map.name} is a ${map.type}, not a user ring buffer`);
  if (call.highOf(4) !== 0) return -EINVAL;
  const { space } = call;
  const place = placeOf(call);
  if (call.checked) space.grant(place, DYNPTR_SIZE, false);
  const samples = map.drain(flags, (address, length) => {
    initDynptr(call, place, DYNPTR.local, address, length);
    space.grant(address, length, true);
    const stop = call.callback(callback, place, context, 0, 0, 0);
    space.revoke(address);
    return stop;
  });
  if (call.checked) space.revoke(place);
  return samples;
}

/** As `scan`; the places that it passes over are work, of which a map that is all but empty has many. */
function nextElement(call: HelperCall, store: ArrayMap | HashMap, from: number): number {
  const element = store.scan(from);
  call.work((element < 0 ? store.elements - from : element - from) * PASSED_WORK);
  return element;
}

/**
 * Each entry of an array or hash with (map, key, value, context), per-CPU kinds with this CPU's value, until a callback does not return
 * 0; how many there were. A callback may delete the entry that it is given. Linux 5.13.
 */
function forEachMapElement(call: HelperCall, map: number, callback: number, context: number, flags: number): number {
  if ((flags | call.highOf(4)) !== 0) return -EINVAL;
  const store = call.mapAt(map);
  const isArray = store instanceof ArrayMap;
  if (!isArray && !(store instanceof HashMap))
    throw call.fault(`${store.name} is a ${store.type}: only arrays and hashes are gone through`);
  const { cpu, space, memory } = call;
  // A key of an array is in no map.
  const place = placeOf(call);
  const { checked } = call;
  if (checked && isArray) space.grant(place, store.keySize, false);
  let count = 0;
  for (let element = nextElement(call, store, 0); element >= 0; element = nextElement(call, store, element + 1)) {
    if (isArray) memory.view.setUint32(place, element, true);
    const key = isArray ? place : store.keyAddress(element);
    if (checked && !isArray) space.grant(key, store.keySize, false);
    const stop = call.callback(callback, map, key, store.valueAddress(element, cpu.id), context, 0);
    if (checked && !isArray) space.revoke(key);
    count++;
    if (stop !== 0) break;
  }
  if (checked && isArray) space.revoke(place);
  return count;
}

export const CALLBACKS: readonly Helper[] = [
  callingBack(helper("bpf_loop", ["number", "callback", "stack?", "wide"], "int", loop)),
  callingBack(helper("bpf_for_each_map_elem", ["map", "callback", "stack?", "wide"], "int", forEachMapElement)),
  callingBack(helper("bpf_user_ringbuf_drain", ["map", "callback", "stack?", "wide"], "int", drain)),
];
