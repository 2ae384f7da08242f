/** All that can be said of the kernel that runs here, and of what this process may do with it. */

import { KFUNCS } from "../../../uapi/kfuncs.ts";
import type { Facts } from "../facts.ts";
import type { Kernel } from "../kernel.ts";
import type { KernelTypes } from "../kernel-types.ts";
import { missingCapabilities } from "../privileges.ts";
import { Asker } from "./ask.ts";
import { GROUPS, helpersOf, kernelFunctions } from "./callables.ts";
import type { Callables, Feature } from "./feature.ts";
import { judge } from "./judge.ts";
import { allRows } from "./rows/all.ts";
import type { Sources } from "./rows/sources.ts";
import { type SystemFacts, systemFacts } from "./system.ts";
import { Witness } from "./witness.ts";

export interface FeatureReport {
  readonly system: SystemFacts;
  /** True when the kernel was asked to make things; false when this process may not, and files and types had to do. */
  readonly probed: boolean;
  readonly features: readonly Feature[];
  /** By type of program. */
  readonly helpers: readonly Callables[];
  readonly kernelFunctions: readonly Callables[];
}

export interface FeatureOptions {
  /** Ask the kernel about every helper and function of every type of program, also where measurements of its version say (0.3 s more). */
  readonly all?: boolean;
  /** False: ask it nothing; only its types, its configuration and its version speak. */
  readonly probe?: boolean;
}

/** What is given to those that know more than the file system: a kernel to ask, where there is one. */
export interface Subject {
  readonly facts: Facts;
  readonly types: KernelTypes;
  /** Null: native code cannot be loaded. */
  readonly kernel: Kernel | null;
}

export async function reportFeatures({ facts, types, kernel }: Subject, options: FeatureOptions = {}): Promise<FeatureReport> {
  const witness = new Witness(facts, types);
  const probing = kernel !== null && options.probe !== false && missingCapabilities(facts, ["CAP_BPF"]).length === 0;
  const system = systemFacts(facts, types, witness, options.probe === false ? null : kernel);
  const sources: Sources = {
    witness,
    asker: probing ? new Asker(kernel.transport, facts.release) : null,
    everyRight: missingCapabilities(facts, ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]).length === 0,
    pageSize: kernel?.transport.pageSize ?? 4096,
    facts,
    lockdown: system.lockdown,
  };
  const all = options.all === true;
  const features = allRows(sources).map((row) => judge(row, witness, probing));
  const groups = GROUPS.filter(({ type }) => exists(features, type));
  return {
    system,
    probed: probing,
    features,
    helpers: helpersOf(groups, sources, all),
    kernelFunctions: await kernelFunctions(groups, sources, functionsOf(types), all),
  };
}

/** Types of programs that the kernel has, whether or not somebody may use them. */
function exists(features: readonly Feature[], type: string): boolean {
  return features.some(
    ({ kind, name, cause }) => kind === "program type" && name === type && cause !== "older kernel" && cause !== "not built in",
  );
}

/** Functions that the kernel's types tag as callable (since 6.10, by pahole 1.26); else those that are known, where it has them. */
function functionsOf(types: KernelTypes): readonly string[] {
  const btf = types.vmlinux;
  if (btf === null) return [];
  const tagged: string[] = [];
  for (const id of btf.ids("declTag")) {
    const tag = btf.type(id);
    if (tag.kind === "declTag" && tag.name === "bpf_kfunc") tagged.push(btf.name(tag.type));
  }
  const names = tagged.length > 0 ? tagged : KFUNCS.filter((name) => btf.find(name, "function") !== undefined);
  return [...new Set(names)].sort();
}
