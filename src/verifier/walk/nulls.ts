/** Pointers that may be null, once they were compared with it. */

import { dropReference } from "../calls/references.ts";
import { ZERO } from "../numbers/bounds.ts";
import type { MapFacts } from "../program.ts";
import type { Reg } from "../state/register.ts";
import type { State } from "../state/state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  mayBeNull,
  PTR_MAYBE_NULL,
  PTR_TO_MAP_VALUE,
  PTR_TO_SOCKET,
  PTR_TO_XDP_SOCK,
  SCALAR,
} from "../state/types.ts";
import { mayHoldLock } from "./trust.ts";
import type { Walk } from "./walk.ts";

/** What it is when it is not null: the value of a map of maps is a map, that of a map of sockets a socket. */
export function learnNotNull(reg: Reg): Reg {
  const to = reg.copy();
  if (baseType(reg.type) !== PTR_TO_MAP_VALUE || reg.map === null) {
    to.type = reg.type & ~PTR_MAYBE_NULL;
    return to;
  }
  const { map } = reg;
  if (map.inner !== null) {
    to.type = CONST_PTR_TO_MAP;
    to.map = map.inner;
    if (hasTimer(map.inner)) to.mapUid = reg.id;
  } else if (map.type === "xskmap") to.type = PTR_TO_XDP_SOCK;
  else if (map.type === "sockmap" || map.type === "sockhash") to.type = PTR_TO_SOCKET;
  else to.type = PTR_TO_MAP_VALUE;
  return to;
}

/** Timers and the like remember their map: pointers from different lookups are told apart. */
function hasTimer(map: MapFacts): boolean {
  return map.fields.some(({ kind }) => kind === "timer" || kind === "work-queue" || kind === "task-work");
}

/** All that a register is a copy of is null, or is not, in `state` (`mark_ptr_or_null_regs`). */
export function learnIfNull(walk: Walk, state: State, index: number, isNull: boolean): void {
  const { id, refId } = state.frame.regs[index]!;
  // Nothing was taken when null came back.
  if (isNull && refId !== 0 && refId === id) dropReference(state, id);
  walk.mapRegisters((reg) => (mayBeNull(reg.type) && reg.id === id ? learn(walk, reg, isNull) : reg), state);
}

function learn(walk: Walk, reg: Reg, isNull: boolean): Reg {
  if (isNull) {
    const to = reg.copy();
    to.type = SCALAR;
    to.bounds = ZERO;
    to.off = 0;
    to.id = 0;
    to.refId = 0;
    to.map = null;
    to.mapUid = 0;
    to.btf = null;
    to.btfId = 0;
    to.memSize = 0;
    to.dynptrId = 0;
    return to;
  }
  const to = learnNotNull(reg);
  // Locks are told apart by the lookup that gave the value, the rest is forgotten so that states are more alike.
  if (!mayHoldLock(walk.program, to)) to.id = 0;
  return to;
}
