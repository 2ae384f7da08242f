/**
 * Values that belong to an object: a task, a cgroup, a socket, an inode (kernel/bpf/bpf_local_storage.c and its four users). The object is
 * an address that the room presents; whoever takes an object away drops its values (`dropObject`).
 */

import type { HelperName } from "../../../uapi/helpers.ts";
import type { MapType } from "../../../uapi/map-types.ts";
import { EINVAL, ENOENT } from "../maps/errno.ts";
import { LocalStorageMap } from "../maps/local-storage.ts";
import type { MapRegistry } from "../maps/registry.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** Whether an address is that of an object of the right kind. */
export type IsObject = (call: HelperCall, address: number) => boolean;

function storageAt(call: HelperCall, handle: number, type: MapType): LocalStorageMap {
  const map = call.mapAt(handle >>> 0);
  if (map instanceof LocalStorageMap && map.type === type) return map;
  throw call.fault(`${map.name} is a ${map.type}, not a ${type}`);
}

/**
 * The two helpers of one kind. A null object has no value; what is no object ends the program.
 * @param isObject asked for every address that is not null.
 */
export function storageHelpers(kind: "sk" | "inode" | "task" | "cgrp", isObject: IsObject): readonly Helper[] {
  const type: MapType = `${kind}_storage`;
  const get: HelperName = `bpf_${kind}_storage_get`;
  const remove: HelperName = `bpf_${kind}_storage_delete`;
  const check = (call: HelperCall, address: number, high: number): boolean => {
    if (address === 0 && high === 0) return false;
    if (high === 0 && isObject(call, address >>> 0)) return true;
    throw call.fault(`argument 2: expected an object that has a ${type}, found 0x${(address >>> 0).toString(16)}`);
  };
  return [
    helper(get, ["map", "wide", "value?", "wide"], "address", (call, map, object, initial, flags) => {
      const store = storageAt(call, map, type);
      if (call.highOf(4) !== 0 || !check(call, object, call.highOf(2))) return 0;
      return store.storageOf(object >>> 0, initial >>> 0, flags, call.cpu.id);
    }),
    helper(remove, ["map", "wide"], "int", (call, map, object) => {
      const store = storageAt(call, map, type);
      if (!check(call, object, call.highOf(2))) return -EINVAL;
      return store.drop(object >>> 0, call.cpu.id) === 0 ? 0 : -ENOENT;
    }),
  ];
}

/** An object is gone, and with it what local storages keep of it. */
export function dropObject(maps: MapRegistry, object: number): void {
  for (const map of maps.all()) if (map instanceof LocalStorageMap) map.drop(object, 0);
}
