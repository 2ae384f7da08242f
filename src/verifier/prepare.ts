/**
 * From a Spec's program to what the passes read. What `bpf(2)` and a loader refuse before the verifier looks at an
 * instruction is refused here, in their order; what the verifier refuses before it walks is in shape/.
 */

import type { ProgramSpec, Spec } from "../object/spec.ts";
import { isGplCompatible } from "../uapi/license.ts";
import { checkAttachType } from "./prepare/attach-type.ts";
import { decodeCode } from "./prepare/code.ts";
import { checkFunctionTypes, findSubprograms, functionTypes } from "./prepare/functions.ts";
import { MapTable } from "./prepare/maps.ts";
import { findAddresses, findReferents, KfuncCalls } from "./prepare/referents.ts";
import { judgedAs } from "./prepare/replaced.ts";
import { rulesAtTarget } from "./prepare/rules-at-target.ts";
import { programTypes } from "./prepare/types.ts";
import type { MapFacts, Program, Referent } from "./program.ts";
import { refuse } from "./refusal.ts";
import type { Target } from "./target.ts";

/** `BPF_COMPLEXITY_LIMIT_INSNS`: slots that a program may have, with CAP_BPF. */
const MOST_SLOTS = 1_000_000;
/** `BPF_F_*` of linux/bpf.h. */
const BPF_F_STRICT_ALIGNMENT = 1;
const BPF_F_TEST_STATE_FREQ = 8;
const BPF_F_SLEEPABLE = 16;

/** Flags that a kernel takes: the first has those of 6.1, then come `BPF_F_XDP_DEV_BOUND_ONLY`, `BPF_F_TEST_REG_INVARIANTS`. */
function knownFlags(era: number): number {
  return 0x3f | (era >= 603 ? 0x40 : 0) | (era >= 608 ? 0x80 : 0);
}

const NO_OBJECTS: Program["objects"] = new Map();
const mapTables = new WeakMap<Spec, WeakMap<Target, MapTable>>();

/** @throws Refused */
export function prepare(spec: Spec, source: ProgramSpec, target: Target): Program {
  const { type } = source;
  // The first attach type is 0, and so is none: they are the same to kernels.
  const attachType = source.attachType === "cgroup_inet_ingress" && type !== "cgroup_skb" ? null : source.attachType;
  const flags = source.flags ?? 0;
  const slots = source.code.length / 8;
  if (slots === 0) refuse("the program has no instructions", "E2BIG");
  if (!Number.isInteger(slots)) refuse("the program ends within an instruction", "EINVAL");
  if (slots > MOST_SLOTS) refuse(`the program has ${slots} instructions, the most are ${MOST_SLOTS}`, "E2BIG");
  if ((flags & ~knownFlags(target.era)) !== 0)
    refuse(`there are no program flags 0x${(flags & ~knownFlags(target.era)).toString(16)}`, "EINVAL");
  checkAttachType(type, attachType);
  const { era, types: kernelTypes } = target;
  const types = programTypes(spec.types, kernelTypes, era);
  const [judged, judgedAttach] = judgedAs(source, attachType, types?.btf ?? null);
  const rules = target.programType(judged, judgedAttach);
  if (rules === null) refuse(`there are no programs of type ${type}`, "EINVAL");

  const code = decodeCode(source.code);
  const gpl = isGplCompatible(spec.license);
  const referents = findReferents(spec, source, target, mapsOf(spec, target, types), code);

  const functions = functionTypes(source, types);
  if (functions !== null && types !== null) checkFunctionTypes(functions, types);
  const kfuncs = new KfuncCalls(code, referents, target, gpl);
  const subprograms = findSubprograms(code, functions, types, era, (slot) => kfuncs.add(slot));
  findAddresses(code, referents, target);

  const program: Program = {
    spec,
    source,
    target,
    era,
    rules,
    name: source.name,
    type: judged,
    attachType: judgedAttach,
    replaces: type === "ext",
    sleepable: (flags & BPF_F_SLEEPABLE) !== 0,
    gpl,
    code,
    subprograms,
    referents,
    maps: usedMaps(referents),
    types: types?.btf ?? null,
    objects: types?.objects ?? NO_OBJECTS,
    kernelTypes,
    lines: source.lines,
    storesEachState: (flags & BPF_F_TEST_STATE_FREQ) !== 0,
    strictAlignment: (flags & BPF_F_STRICT_ALIGNMENT) !== 0,
  };
  return { ...program, rules: rulesAtTarget(program) };
}

function mapsOf(spec: Spec, target: Target, types: ReturnType<typeof programTypes>): MapTable {
  let byTarget = mapTables.get(spec);
  if (byTarget === undefined) {
    byTarget = new WeakMap();
    mapTables.set(spec, byTarget);
  }
  let table = byTarget.get(target);
  if (table === undefined) {
    table = new MapTable(spec, target, types);
    byTarget.set(target, table);
  }
  return table;
}

/** Each once, in the order in which the code refers to them. */
function usedMaps(referents: ReadonlyMap<number, Referent>): MapFacts[] {
  const maps = new Set<MapFacts>();
  for (const referent of referents.values()) {
    if (referent.kind === "map" || referent.kind === "map-value") maps.add(referent.map);
  }
  return [...maps];
}
