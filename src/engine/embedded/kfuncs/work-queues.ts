/** Work queues in map values (kernel/bpf/helpers.c): a function of the program that runs as soon as no program does. Linux 6.10. */

import { type Helper, kfunc } from "../helpers/helper.ts";
import { initialise, setCallback } from "../helpers/timers.ts";
import { EINVAL } from "../maps/errno.ts";

const FIELD = { memory: 16, write: true } as const;

export const WORK_QUEUES: readonly Helper[] = [
  kfunc("bpf_wq_init", [FIELD, "map", "number"], "int", (call, queue, map, flags) =>
    flags !== 0 ? -EINVAL : initialise(call, "wq", queue >>> 0, map),
  ),
  kfunc("bpf_wq_set_callback_impl", [FIELD, "callback", "number"], "int", (call, queue, callback, flags) =>
    flags !== 0 ? -EINVAL : setCallback(call, "wq", queue >>> 0, callback),
  ),
  kfunc("bpf_wq_start", [FIELD, "number"], "int", (call, queue, flags) => {
    const { timers } = call.cpu.room;
    if (flags !== 0 || !timers.hasCallback(queue >>> 0)) return -EINVAL;
    timers.start(queue >>> 0, 0n, false);
    return 0;
  }),
];
