/** Timers in map values (kernel/bpf/helpers.c). Linux 5.15. The room keeps and fires them: `room/timers.ts`. */

import { FRAME_SIZE } from "../access.ts";
import { KEY_SIZE } from "../cpu.ts";
import { ArrayMap } from "../maps/array.ts";
import { EBUSY, EINVAL } from "../maps/errno.ts";
import { HashMap } from "../maps/hash.ts";
import type { FieldKind } from "../maps/special.ts";
import { EDEADLK } from "./errors.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import { mapWithField } from "./locks.ts";

const FIELD = { memory: 16, write: true } as const;

/** CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME: here all three are the room's clock. */
const CLOCKS = [0, 1, 7];
/** BPF_F_TIMER_ABS, BPF_F_TIMER_CPU_PIN */
const ABSOLUTE = 1;
const PINNED = 2;

/** First word of a timer or work queue that was initialised: its other words are nobody's. */
const INITIALISED = 1;

/** Also for work queues. @returns 0, or -EBUSY when it is initialised already. */
export function initialise(call: HelperCall, kind: FieldKind, address: number, map: number): number {
  const owner = mapWithField(call, kind, address);
  if (owner.handle !== map >>> 0) throw call.fault(`the bpf_${kind} is in ${owner.name}, not in the map that is given`);
  const { timers } = call.cpu.room;
  if (timers.has(address)) return -EBUSY;
  timers.add(address);
  call.memory.words[address >>> 2] = INITIALISED;
  return 0;
}

/** A function of the program that gets map, key and value when it is time. @returns 0, or -EINVAL when nothing is initialised. */
export function setCallback(call: HelperCall, kind: FieldKind, address: number, target: number): number {
  const { timers } = call.cpu.room;
  if (!timers.has(address)) return -EINVAL;
  const map = mapWithField(call, kind, address);
  const { start, stride } = map.values;
  const element = Math.floor((address - start) / stride) % map.elements;
  const { cpu, memory } = call;
  const run = call.later(target);
  timers.setCallback(
    address,
    () => {
      let key = 0;
      if (map instanceof ArrayMap) {
        key = cpu.keys + ((cpu.stackEnd - cpu.stackStart) / FRAME_SIZE - 1) * KEY_SIZE;
        memory.view.setUint32(key, element, true);
      } else if (map instanceof HashMap) key = map.keyAddress(element);
      return run(map.handle, key, address - ((address - start) % stride), map.keySize);
    },
    call.program,
  );
  return 0;
}

function init(call: HelperCall, timer: number, map: number, flags: number): number {
  if (call.highOf(3) !== 0 || !CLOCKS.includes(flags)) return -EINVAL;
  return initialise(call, "timer", timer >>> 0, map);
}

function start(call: HelperCall, timer: number, low: number, flags: number): number {
  if ((flags & ~(ABSOLUTE | PINNED)) !== 0 || call.highOf(3) !== 0) return -EINVAL;
  const { timers } = call.cpu.room;
  if (!timers.hasCallback(timer >>> 0)) return -EINVAL;
  const nanoseconds = (BigInt(call.highOf(2) >>> 0) << 32n) | BigInt(low >>> 0);
  timers.start(timer >>> 0, nanoseconds, (flags & ABSOLUTE) !== 0);
  return 0;
}

function cancel(call: HelperCall, timer: number): number {
  const { timers } = call.cpu.room;
  if (!timers.has(timer >>> 0)) return -EINVAL;
  if (timers.isFiring(timer >>> 0)) return -EDEADLK;
  return timers.cancel(timer >>> 0) ? 1 : 0;
}

export const TIMERS: readonly Helper[] = [
  helper("bpf_timer_init", [FIELD, "map", "wide"], "int", init),
  helper("bpf_timer_set_callback", [FIELD, "callback"], "int", (call, timer, callback) =>
    setCallback(call, "timer", timer >>> 0, callback),
  ),
  helper("bpf_timer_start", [FIELD, "wide", "wide"], "int", start),
  helper("bpf_timer_cancel", [FIELD], "int", cancel),
];
