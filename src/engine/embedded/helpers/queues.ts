/** Values without keys: queues, stacks and bloom filters (kernel/bpf/queue_stack_maps.c, bloom_filter.c). */

import { EINVAL } from "../maps/errno.ts";
import { type Helper, helper } from "./helper.ts";

/** Linux 4.20; bloom filters 5.16. */
export const QUEUES: readonly Helper[] = [
  helper("bpf_map_push_elem", ["map", "value", "wide"], "int", (call, map, value, flags) =>
    call.highOf(3) !== 0 ? -EINVAL : call.mapAt(map >>> 0).push(value >>> 0, flags),
  ),
  helper("bpf_map_pop_elem", ["map", "value!"], "int", (call, map, value) => call.mapAt(map >>> 0).pop(value >>> 0)),
  helper("bpf_map_peek_elem", ["map", "value!"], "int", (call, map, value) => call.mapAt(map >>> 0).peek(value >>> 0)),
];
