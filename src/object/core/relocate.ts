/**
 * CO-RE: compile once, run everywhere. Adapts a Spec, whose programs know kernel types as they were when it was compiled,
 * to the types of the kernel that will run it (or of any BTF file: no kernel is needed).
 */

import { type Btf, openBtf } from "../../btf/btf.ts";
import { BtfError } from "../../btf/errors.ts";
import type { CoreKind, CoreRelocation, PoisonedInstruction, ProgramSpec, Spec } from "../spec.ts";
import { CoreError } from "./errors.ts";
import { type Outcome, patch } from "./patch.ts";
import { type Decision, Resolver } from "./resolver.ts";

export interface RelocateOptions {
  /**
   * Which programs to adapt; the others stay as they are. Default: those that load by themselves (`autoload`), so that one
   * that this kernel cannot have spoils nothing.
   */
  readonly programs?: (program: ProgramSpec) => boolean;
}

/**
 * Returns a Spec whose programs fit the target. Each has the numbers of the target's types, none has `core` any more. What
 * the target does not have poisons the instructions that need it, which is no error: sources guard them by asking whether it
 * exists, and a verifier refuses them only where they are reached (`ProgramSpec.poisoned` says what each was).
 *
 * @param target the kernel's types; or those and its modules' (split BTF), which are searched when the kernel has none of a name
 * @throws CoreError when a relocation is malformed, ambiguous or impossible: what libbpf refuses, too.
 * @throws BtfError when the Spec's own types are malformed.
 */
export function relocate(spec: Spec, target: Btf | readonly Btf[], options: RelocateOptions = {}): Spec {
  const wanted = options.programs ?? loadsByItself;
  if (!spec.programs.some((program) => hasWork(program) && wanted(program))) return spec;
  const resolver = makeResolver(spec, target);
  const programs = spec.programs.map((program) => {
    if (!hasWork(program) || !wanted(program)) return program;
    const { core, ...rest } = program;
    const code = new Uint8Array(program.code);
    const poisoned: PoisonedInstruction[] = [];
    for (const step of steps(resolver, program, code)) {
      if (step.error !== null) throw step.error;
      const what = poisonedBy(step);
      if (what !== null) poisoned.push(what);
    }
    return { ...rest, code, ...(poisoned.length === 0 ? {} : { poisoned }) };
  });
  return { ...spec, programs };
}

/** What becomes of one relocation. */
export interface CoreReport {
  readonly program: string;
  readonly slot: number;
  readonly kind: CoreKind;
  /** What is meant, as C writes it, e.g. `struct task_struct.mm`. */
  readonly subject: string;
  /**
   * `found`: the target has it. `absent`: it has not, and the program gets to know (existence, a size or id of 0).
   * `poisoned`: it has not, and the program must not get there. `failed`: no loader would load the program.
   */
  readonly result: "found" | "absent" | "poisoned" | "failed";
  /** What the instruction holds, and will hold. Null when it is poisoned or failed. */
  readonly before: bigint | null;
  readonly after: bigint | null;
  /** Of `poisoned` alone: what is missing. */
  readonly reason: PoisonedInstruction["reason"] | null;
  /** Of `failed` alone. */
  readonly error: CoreError | null;
}

/**
 * What `relocate` would do, instruction by instruction; never throws for what it finds in a relocation. For reports about
 * many kernels.
 */
export function checkRelocations(spec: Spec, target: Btf | readonly Btf[], options: RelocateOptions = {}): CoreReport[] {
  const wanted = options.programs ?? loadsByItself;
  const programs = spec.programs.filter((program) => hasWork(program) && wanted(program));
  if (programs.length === 0) return [];
  const resolver = makeResolver(spec, target);
  return programs.flatMap((program) =>
    [...steps(resolver, program, new Uint8Array(program.code))].map((step): CoreReport => {
      const { relocation, decision, outcome, error } = step;
      const reason = poisonedBy(step)?.reason ?? null;
      const base = { program: program.name, slot: relocation.slot, kind: relocation.kind, reason };
      if (decision === null || outcome === null) {
        const subject = error?.subject ?? resolver.describe(relocation);
        return { ...base, subject, result: "failed", before: null, after: null, error };
      }
      const { subject } = decision;
      if (outcome !== "patched") return { ...base, subject, result: "poisoned", before: null, after: null, error: null };
      const result = decision.finding === "found" ? "found" : "absent";
      return { ...base, subject, result, before: decision.local.value, after: decision.value, error: null };
    }),
  );
}

/** One relocation of a program, done: either decision and outcome, or an error. */
interface Step {
  readonly relocation: CoreRelocation;
  readonly decision: Decision | null;
  readonly outcome: Outcome | null;
  readonly error: CoreError | null;
}

function* steps(resolver: Resolver, program: ProgramSpec, code: Uint8Array): Generator<Step> {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (const relocation of program.core ?? []) {
    let decision: Decision | null = null;
    try {
      decision = resolver.decide(relocation);
      const outcome = patch(view, relocation.slot, relocation.kind, decision);
      yield { relocation, decision, outcome, error: null };
    } catch (error) {
      const subject = decision?.subject ?? resolver.describe(relocation);
      yield { relocation, decision: null, outcome: null, error: explain(error, program, relocation, subject) };
    }
  }
}

function explain(error: unknown, program: ProgramSpec, { slot }: CoreRelocation, subject: string): CoreError {
  if (error instanceof CoreError) return error.at(program.name, slot, subject);
  if (error instanceof BtfError)
    return new CoreError("types", error.message, { program: program.name, slot, subject }, { cause: error });
  throw error;
}

function poisonedBy({ relocation, decision, outcome }: Step): PoisonedInstruction | null {
  if (decision === null || outcome === null || outcome === "patched") return null;
  const { slot, kind, access } = relocation;
  const reason = outcome === "poisoned-width" ? "width" : decision.finding === "no-type" ? "type" : "member";
  return { slot, kind, access, subject: decision.subject, reason };
}

function makeResolver(spec: Spec, target: Btf | readonly Btf[]): Resolver {
  if (spec.types === null)
    throw new CoreError("types", `expected types beside the relocations of ${JSON.stringify(spec.name)}, found none`);
  return new Resolver(openBtf(spec.types), "bytes" in target ? [target] : target);
}

function hasWork(program: ProgramSpec): boolean {
  return (program.core?.length ?? 0) > 0;
}

function loadsByItself(program: ProgramSpec): boolean {
  return program.autoload !== false;
}
