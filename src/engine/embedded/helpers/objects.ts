/** Groups and tasks of the room as objects: who is under whom, what belongs to a group (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c, Linux 6.18). */

import { skbOf } from "../contexts/skb.ts";
import { E2BIG, ENOENT } from "../maps/errno.ts";
import { ReferenceArray } from "../maps/references.ts";
import { ancestorAt, type Cgroup } from "../room/cgroup-tree.ts";
import { currentOf } from "./current.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import { storageHelpers } from "./storage.ts";

const EAGAIN = 11;

/** Whether a group is another, or somewhere below it (`cgroup_is_descendant`). */
export const isUnder = (group: Cgroup, above: Cgroup): boolean => ancestorAt(group, above.level) === above;

/** 1 or 0; or a negated error number. */
function under(call: HelperCall, handle: number, index: number, group: Cgroup): number {
  const map = call.mapAt(handle);
  if (!(map instanceof ReferenceArray) || map.type !== "cgroup_array")
    throw call.fault(`${map.name} is a ${map.type}, not a cgroup_array`);
  if (index >>> 0 >= map.maxEntries) return -E2BIG;
  const above = call.cpu.room.cgroups.withId(map.referenceAt(index));
  if (above === undefined) return -EAGAIN;
  return isUnder(group, above) ? 1 : 0;
}

/** Linux 4.9. */
export const CURRENT_UNDER = helper("bpf_current_task_under_cgroup", ["map", "number"], "int", (call, map, index) =>
  under(call, map, index, currentOf(call).cgroup),
);

/** Of the process whose socket the packet is of. Linux 4.8. */
export const skbUnder = helper("bpf_skb_under_cgroup", ["context", "map", "number"], "int", (call, _skb, map, index) => {
  const { cgroup } = skbOf(call.cpu);
  return cgroup === null ? -ENOENT : under(call, map, index, cgroup);
});

export const groupAt = (call: HelperCall, address: number): Cgroup | undefined => call.cpu.room.kernel.cgroupAt(address);

/** Values that belong to a group. Linux 6.2. */
export const GROUP_STORAGE: readonly Helper[] = storageHelpers("cgrp", (call, address) => groupAt(call, address) !== undefined);
