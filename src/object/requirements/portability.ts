/** Whether a Spec loads on a kernel that is not at hand: offline, from the kernel's types or from its version alone. */

import type { Btf } from "../../btf/btf.ts";
import type { AttachType } from "../../uapi/attach-types.ts";
import type { KernelVersion } from "../../uapi/since.ts";
import { type CoreReport, checkRelocations } from "../core/relocate.ts";
import { essentialName } from "../core/types.ts";
import type { ProgramSpec, Spec } from "../spec.ts";
import { findExtern, type KernelFacts } from "./facts.ts";
import type { Flow } from "./flow.ts";
import { KernelOffers } from "./offers.ts";
import { followProgram, type Place, placeOf, type Requirement, requirementsOf } from "./requirements.ts";
import { compareKernels } from "./version.ts";

/** A kernel: its types (those of vmlinux first, then those of modules), or its version, or both. */
export interface KernelTarget {
  /** For reports, e.g. `6.1.btf`. */
  readonly name: string;
  readonly btf?: readonly Btf[];
  readonly version?: KernelVersion;
}

export interface Finding {
  readonly kind: Requirement["kind"] | "relocation" | "kernel variable" | "hook" | "kernel interface" | "linking";
  /** What this kernel does not have, e.g. `struct task_struct.mm`, `bpf_ringbuf_output`. */
  readonly subject: string;
  /** Why that is a problem, e.g. `since Linux 5.8`. */
  readonly reason: string;
  /**
   * `fails`: the kernel refuses the program, or no loader loads it. `guarded`: reached only when the kernel, or its
   * configuration, answers a question in a way that is not known here. `unreached`: with this kernel's answers the program
   * never gets there. `on request`: as `fails`, for a program that is not loaded by itself.
   */
  readonly effect: "fails" | "guarded" | "unreached" | "on request";
  readonly where: readonly Place[];
}

export interface PortabilityReport {
  readonly target: string;
  /** False when anything `fails`. */
  readonly loads: boolean;
  /** Those that fail first. */
  readonly findings: readonly Finding[];
  /** How many CO-RE relocations came out how (`CoreReport.result`); null when the target has no types. */
  readonly relocations: Readonly<Record<CoreReport["result"], number>> | null;
}

/**
 * Checks a Spec against a kernel: CO-RE relocations, kernel functions and variables, hooks that must be in the types, and
 * everything that `requirementsOf` lists. What a loader does without (`optional`) is no finding.
 *
 * Says nothing about what a verifier thinks of the program.
 * @throws BtfError when types are malformed; CoreError when there are relocations and no types to relocate from.
 */
export function checkPortability(spec: Spec, target: KernelTarget): PortabilityReport {
  return new PortabilityCheck(spec, target).run();
}

class PortabilityCheck {
  readonly #spec: Spec;
  readonly #target: KernelTarget;
  readonly #relocations: readonly CoreReport[];
  readonly #facts: KernelFacts;
  readonly #findings = new Map<string, Finding & { readonly where: Place[] }>();

  constructor(spec: Spec, target: KernelTarget) {
    const { btf, version } = target;
    this.#spec = spec;
    this.#target = target;
    this.#relocations = btf === undefined ? [] : checkRelocations(spec, btf, { programs: () => true });
    this.#facts = {
      ...(btf === undefined ? {} : { btf, relocations: this.#relocations }),
      ...(version === undefined ? {} : { version }),
    };
  }

  run(): PortabilityReport {
    const byProgram = Map.groupBy(this.#relocations, ({ program }) => program);
    for (const program of this.#spec.programs) {
      const flow = followProgram(this.#spec, program, this.#facts);
      for (const report of byProgram.get(program.name) ?? []) this.#checkRelocation(program, flow, report);
      this.#checkExterns(program, flow);
      this.#checkHook(program);
    }
    this.#checkStructOps();
    for (const requirement of requirementsOf(this.#spec, this.#facts)) this.#checkRequirement(requirement);
    const order: readonly Finding["effect"][] = ["fails", "on request", "guarded", "unreached"];
    const findings = [...this.#findings.values()].sort((a, b) => order.indexOf(a.effect) - order.indexOf(b.effect));
    const relocations = { found: 0, absent: 0, poisoned: 0, failed: 0 };
    for (const { result } of this.#relocations) relocations[result]++;
    return {
      target: this.#target.name,
      loads: findings.every(({ effect }) => effect !== "fails"),
      findings,
      relocations: this.#target.btf === undefined ? null : relocations,
    };
  }

  #add(kind: Finding["kind"], subject: string, reason: string, effect: Finding["effect"], place: Place): void {
    const key = JSON.stringify([kind, subject, reason, effect]);
    const known = this.#findings.get(key);
    if (known === undefined) this.#findings.set(key, { kind, subject, reason, effect, where: [place] });
    else known.where.push(place);
  }

  #checkRelocation(program: ProgramSpec, flow: Flow, { slot, subject, result, reason, error }: CoreReport): void {
    if (result === "failed") {
      const effect = program.autoload === false ? "on request" : "fails";
      this.#add("relocation", subject, error?.message ?? "it cannot be applied", effect, placeOf(program, slot));
    } else if (result === "poisoned") {
      const why = reason === null ? NOT_THERE : MISSING[reason];
      this.#add("relocation", subject, why, effectAt(program, flow, slot), placeOf(program, slot));
    }
  }

  #checkExterns(program: ProgramSpec, flow: Flow): void {
    const externs = new Map((this.#spec.externs ?? []).map((extern) => [extern.name, extern]));
    for (const { slot, kind, name } of program.externs ?? []) {
      const extern = externs.get(name);
      const place = placeOf(program, slot);
      if (extern?.kind === "unlinked") {
        if (!extern.weak)
          this.#add("linking", name, "another object defines it: link them first", effectAt(program, flow, slot), place);
        continue;
      }
      if (extern === undefined || extern.kind === "kconfig" || this.#target.btf === undefined) continue;
      // Addresses without a type are in /proc/kallsyms, which a BTF says nothing about.
      if (extern.type === 0 || findExtern(extern, this.#target.btf) !== null) continue;
      const what = extern.kind === "kfunc" ? "kernel function" : "kernel variable";
      // Loaders resolve all externs that are not weak, reached or not.
      const strong = program.autoload === false ? "on request" : "fails";
      if (!extern.weak) this.#add(what, essentialName(name), NOT_THERE, strong, place);
      else if (kind === "call") this.#add(what, essentialName(name), NOT_THERE, effectAt(program, flow, slot), place);
    }
  }

  /** Programs that are attached by a BTF id: without the type they do not even load. */
  #checkHook(program: ProgramSpec): void {
    const hook = program.attachType === null ? undefined : HOOKS[program.attachType];
    const { btf } = this.#target;
    if (hook === undefined || btf === undefined || program.target === undefined) return;
    // `module:function`, where one is named.
    const name = `${hook.prefix}${program.target.slice(program.target.indexOf(":") + 1)}`;
    if (btf.some((one) => one.find(name, hook.kind) !== undefined)) return;
    const effect = program.autoload === false ? "on request" : "fails";
    this.#add("hook", program.section, `no ${hook.kind} ${name} in these types`, effect, placeOf(program));
  }

  #checkStructOps(): void {
    const { btf } = this.#target;
    for (const { name, structOps, autocreate } of this.#spec.maps) {
      if (structOps === undefined || btf === undefined || autocreate === false) continue;
      const wrapper = `bpf_struct_ops_${essentialName(structOps.typeName)}`;
      if (btf.some((one) => one.find(wrapper, "struct") !== undefined)) continue;
      const reason = `no struct ${wrapper} in these types`;
      this.#add("kernel interface", `struct ${essentialName(structOps.typeName)}`, reason, "fails", { map: name });
    }
  }

  #checkRequirement({ kind, name, since, demand, where }: Requirement): void {
    if (demand === "optional") return;
    const { version, btf } = this.#target;
    const effect = demand === "always" ? "fails" : demand;
    if (version !== undefined && since !== null && compareKernels(since, version) > 0) {
      for (const place of where) this.#add(kind, name, `since Linux ${since}`, effect, place);
    } else if (btf?.[0] !== undefined && kind !== "kernel function") {
      if (this.#offers(btf[0]).has(kind, name, since) !== false) return;
      const reason = since === null ? "not in this kernel" : `since Linux ${since}`;
      for (const place of where) this.#add(kind, name, reason, effect, place);
    }
  }

  #offers(btf: Btf): KernelOffers {
    let offers = OFFERS.get(btf);
    if (offers === undefined) {
      offers = new KernelOffers(btf);
      OFFERS.set(btf, offers);
    }
    return offers;
  }
}

const NOT_THERE = "not in these types";

/** Why an instruction is poisoned. */
const MISSING: Readonly<Record<NonNullable<CoreReport["reason"]>, string>> = {
  type: "no such type in these types",
  member: NOT_THERE,
  width: "in these types of a width that would read as another value",
};

/** Many objects may be checked against one kernel. */
const OFFERS = new WeakMap<Btf, KernelOffers>();

/** What must be in the types for a target to exist: kind of type, and what its name begins with. */
const HOOKS: Readonly<Partial<Record<AttachType, { readonly kind: "function" | "typedef"; readonly prefix: string }>>> = {
  trace_fentry: { kind: "function", prefix: "" },
  trace_fexit: { kind: "function", prefix: "" },
  trace_fsession: { kind: "function", prefix: "" },
  modify_return: { kind: "function", prefix: "" },
  trace_raw_tp: { kind: "typedef", prefix: "btf_trace_" },
  trace_iter: { kind: "function", prefix: "bpf_iter_" },
  lsm_mac: { kind: "function", prefix: "bpf_lsm_" },
  lsm_cgroup: { kind: "function", prefix: "bpf_lsm_" },
};

function effectAt(program: ProgramSpec, flow: Flow, slot: number): Finding["effect"] {
  if (flow.reached[slot] !== 1) return "unreached";
  if (program.autoload === false) return "on request";
  return flow.guarded[slot] === 1 ? "guarded" : "fails";
}
