/**
 * Arguments of USDT probes in this engine: an event has them where functions have theirs, in registers (`args` of docs/events.md). Programs ask the
 * map `__bpf_usdt_specs`, whose entries a kernel's loader writes; here one says so for all events.
 */

import { type Architecture, REGISTERS } from "../../uapi/registers.ts";
import type { AnyMap } from "../engine.ts";

const SPECS = "__bpf_usdt_specs";
/** `BPF_USDT_ARG_REG`. */
const IN_REGISTER = 1;

type Fields = Readonly<Record<string, unknown>>;

/** Of programs that were built with it; nothing else changes. */
export function describeUsdtArguments(maps: Readonly<Record<string, AnyMap>>, architecture: Architecture): void {
  const map = maps[SPECS];
  if (map?.spec.type !== "array") return;
  const { args, names } = REGISTERS[architecture];
  const old = map.get(0) as (Fields & { readonly args?: readonly Fields[] }) | undefined;
  if (old?.args === undefined) return;
  const described = old.args.map((fields, place) => {
    const register = names.indexOf(args[place]?.[0] ?? "");
    return register < 0 ? fields : { ...fields, arg_type: IN_REGISTER, reg_off: register * 8 };
  });
  map.set(0, { ...old, args: described, arg_cnt: args.length });
}
