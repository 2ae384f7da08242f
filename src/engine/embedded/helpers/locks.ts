/** Spin locks in map values and objects (kernel/bpf/helpers.c). Linux 5.1. Between threads they are real; in one thread nobody waits. */

import { acquireLock, type FieldKind, releaseLock } from "../maps/special.ts";
import type { MapStore } from "../maps/store.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";
import type { Obligation } from "./ledger.ts";

const LOCK: Obligation = { name: "lock", acquired: "taken", missing: "not released", isLock: true };

/** The map in whose value an address is: of the program, else of the engine. */
function mapHolding(call: HelperCall, address: number): MapStore | null {
  const holds = ({ values }: MapStore): boolean => address >= values.start && address < values.end;
  for (const map of call.maps) if (holds(map)) return map;
  for (const map of call.cpu.room.maps.all()) if (holds(map)) return map;
  return null;
}

/** The map in one of whose values there is a field of this kind at the address. @throws FaultError when there is none. */
export function mapWithField(call: HelperCall, kind: FieldKind, address: number): MapStore {
  const map = mapHolding(call, address);
  const offset = map === null ? 0 : (address - map.values.start) % map.values.stride;
  if (map?.fields?.at(kind, offset)) return map;
  throw call.fault(
    `expected a bpf_${kind} in a map's value, found ${map === null ? "another address" : `${map.name}+${offset}`}`,
  );
}

const FIELD = { memory: 4, write: true } as const;

function lock(call: HelperCall, address: number): number {
  if (call.checked) {
    if (call.cpu.room.heap.kindOf(address >>> 0) === null) mapWithField(call, "spin_lock", address >>> 0);
  }
  if (!acquireLock(call.memory, address >>> 0))
    throw call.fault("the lock is not to be had: its holder was stopped, or a program wrote over it");
  call.acquire(LOCK, address >>> 0);
  return 0;
}

function unlock(call: HelperCall, address: number): number {
  call.release(LOCK, address >>> 0);
  releaseLock(call.memory, address >>> 0);
  return 0;
}

export const LOCKS: readonly Helper[] = [
  helper("bpf_spin_lock", [FIELD], "void", lock),
  { ...helper("bpf_spin_unlock", [FIELD], "void", unlock), underLock: true },
];
