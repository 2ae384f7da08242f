/** The kernels that the verifier knows, as data. */

import type { Btf } from "../../btf/btf.ts";
import { HELPER } from "../../uapi/helpers.ts";
import { isOffered } from "../../uapi/offers/offers.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { MAP_TYPE_SINCE } from "../../uapi/since.ts";
import { structOpsMember } from "../memory/attach-target.ts";
import type { HelperAsker, ProgramRules, Target } from "../target.ts";
import { isAllowed } from "./attach-targets.ts";
import { kfuncFacts } from "./kfuncs.ts";
import { prototype } from "./prototypes.ts";
import { programRules } from "./rules.ts";
import { socketAccess } from "./sockets.ts";

export const KERNELS = ["6.1", "6.12", "6.18"] as const;
export type KernelName = (typeof KERNELS)[number];

function eraOf(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 100 + minor;
}

function attachedTo(type: ProgramType, { spec, source }: HelperAsker): string {
  if (type !== "struct_ops" || spec === undefined || source === undefined) return source?.target ?? "";
  const used = structOpsMember(spec, source);
  return used === null ? "" : `${used.struct}.${used.member}`;
}

/** @param types the kernel's own types; null when nobody has them: programs that need them are refused. */
export function kernelTarget(name: KernelName, types: Btf | null): Target {
  const era = eraOf(name);
  const lastHelper = era < 602 ? HELPER.bpf_user_ringbuf_drain : HELPER.bpf_cgrp_storage_delete;
  const rules = new Map<string, ProgramRules | null>();
  return {
    name,
    era,
    callbacksAreLoops: false,
    types,
    programType(type, attachType) {
      const key = `${type} ${attachType}`;
      let found = rules.get(key);
      if (found === undefined) {
        found = programRules(era, type, attachType);
        rules.set(key, found);
      }
      return found;
    },
    hasMapType: (type) => eraOf(MAP_TYPE_SINCE[type]) <= era,
    helper(id, type, attachType, program) {
      if (id < 0 || id > lastHelper) return "unknown";
      const at = attachedTo(type, program);
      if (!isOffered(era, id, type, attachType, at)) return "refused";
      if (!isAllowed(era, id, type, attachType, at)) return "not-here";
      return prototype(era, id, type, attachType, program) ?? "refused";
    },
    kfunc: (kfunc) => kfuncFacts(era, kfunc, types),
    socketAccess,
  };
}
