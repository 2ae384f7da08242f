/** The embedded engine as a target of the verifier: the kernel's rules of Linux 6.18, for what the engine has. */

import type { Btf } from "../../../btf/btf.ts";
import { helperName } from "../../../uapi/helpers.ts";
import { SCALAR } from "../../../verifier/state/types.ts";
import { type ContextAccess, type KfuncFacts, NO_KFUNC_FLAGS, type ProgramRules, type Target } from "../../../verifier/target.ts";
import { kernelTarget } from "../../../verifier/targets/index.ts";
import { KFUNC_BASE, kfuncNumber } from "../helpers/helper.ts";
import { isEmbeddedMapType } from "../maps/shape.ts";
import type { ProgramKind } from "../programs/kind.ts";
import { kfuncTypes } from "./kfunc-types.ts";

/** Its rules are the newest kernel's that the verifier knows. */
const RULES = "6.18";

/** A context that an application declared. */
export interface OwnContext {
  /** Bytes. */
  readonly size: number;
  /** Whether programs may read or write these bytes. */
  allows(offset: number, size: number, write: boolean): boolean;
}

/**
 * @param kind of the programs that are to be proven.
 * @param types of the room's kernel, or null: programs that need them are refused.
 * @param kfuncs the kernel functions that the programs name; null: any.
 */
export function embeddedTarget(kind: ProgramKind, types: Btf | null, kfuncs: ReadonlySet<string> | null = null): Target {
  const functions = [...(kind.functions?.values() ?? [])].map(({ name, args }) => ({ name, parameters: args.length }));
  const all = kfuncTypes(types, functions, kfuncs);
  const kernel = kernelTarget(RULES, all);
  // Which kernel functions a kind has, the engine says, not the kernel.
  const flags = kernelTarget(RULES, null);
  const own = kind.context === undefined ? null : ownRules(kind.context);
  return {
    name: "embedded",
    era: kernel.era,
    callbacksAreLoops: true,
    types: all,
    programType: (type, attachType) => (type === kind.type ? (own ?? kernel.programType(type, attachType)) : null),
    hasMapType: isEmbeddedMapType,
    helper(id, type, attachType, program) {
      if (id < 0 || id >= KFUNC_BASE || helperName(id) === undefined) return "unknown";
      if (kind.helpers[id] === undefined) return "refused";
      // Hooks of an application's own have what every program has.
      const asked = own === null ? type : "syscall";
      return kernel.helper(id, asked, attachType, program);
    },
    kfunc(name) {
      if (kind.functions?.has(name) === true) return ownFunction(name, all);
      const number = kfuncNumber(name);
      const facts = flags.kfunc(name);
      if (number === undefined || kind.helpers[number] === undefined || facts === null) return null;
      const btfId = all.find(name, "function");
      return btfId === undefined ? null : { ...facts, btfId, offeredTo: () => true };
    },
    deviceBound: true,
    // Which there are, `iterators/` says when a program is made.
    iterates: () => true,
    socketAccess: kernel.socketAccess,
  };
}

/** An application's context holds numbers and bytes; any of the values that its programs may return is a verdict. */
function ownRules(context: OwnContext): ProgramRules {
  return {
    contextName: "",
    context: "table",
    access(offset, size, write): ContextAccess | null {
      const fits = offset >= 0 && offset % size === 0 && offset + size <= context.size && context.allows(offset, size, write);
      return fits ? { type: SCALAR, size, struct: null, range: null } : null;
    },
    returns: null,
    directPacketAccess: false,
    directPacketWrite: false,
    packetsForAllHelpers: false,
    legacyPacketAccess: false,
    sleepable: "never",
  };
}

/** A function of the application: numbers in, a number out. */
function ownFunction(name: string, types: Btf): KfuncFacts | null {
  const btfId = types.find(name, "function");
  return btfId === undefined ? null : { name, flags: NO_KFUNC_FLAGS, offeredTo: () => true, btfId };
}
