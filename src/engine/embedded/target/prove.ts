/** The verifier of ours before the engine: what it accepts runs bare. Imported with the first program that is to be proven. */

import type { Btf } from "../../../btf/btf.ts";
import { decode } from "../../../isa/decode.ts";
import { functionStarts } from "../../../isa/jumps.ts";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { Target } from "../../../verifier/target.ts";
import { type Conditions, IN_MAP_STRUCT, type Verdict } from "../../../verifier/verdict.ts";
import { verify } from "../../../verifier/verify.ts";
import { FeatureError, VerifierError } from "../../errors.ts";
import type { ProgramKind } from "../programs/kind.ts";
import type { Prove } from "../verify.ts";
import { embeddedTarget } from "./target.ts";

/**
 * Functions go along when the Spec names exactly those that the code has, as the Linux engine's loader does it: all or none, because
 * nothing but callbacks and global functions needs them.
 */
function asLoaded(program: ProgramSpec): ProgramSpec {
  const { functions } = program;
  if (functions.length === 0) return program;
  const starts = new Set(functionStarts(decode(program.code)));
  return functions.length === starts.size && functions.every(({ slot }) => starts.has(slot))
    ? program
    : { ...program, functions: [] };
}

/** @throws FeatureError for what a kernel lets programs look at, and this engine has not. */
function accepted(program: ProgramSpec, conditions: Conditions): Conditions {
  const slot = conditions.anywhere.findIndex((how) => (how & IN_MAP_STRUCT) !== 0);
  if (slot < 0) return conditions;
  const message = `${program.name}, slot ${slot}: reads the kernel's own struct of a map, which the embedded engine does not have`;
  throw new FeatureError("struct bpf_map", null, message);
}

interface Refused {
  readonly program: ProgramSpec;
  readonly spec: Spec;
  readonly target: Target;
  readonly verdict: Verdict;
}

export class Prover {
  readonly #types: Btf | null;
  readonly #kfuncs: ReadonlySet<string>;
  readonly #targets = new Map<ProgramKind, Target>();
  readonly #refused = new WeakMap<VerifierError, Refused>();

  /** @param types of the room's kernel, or null. @param spec whose programs it will prove. */
  constructor(types: Btf | null, { externs = [] }: Spec) {
    this.#types = types;
    this.#kfuncs = new Set(externs.map(({ name }) => name));
  }

  /** The verifier for programs of a kind. */
  of(kind: ProgramKind): Prove {
    const target = this.#targets.get(kind) ?? embeddedTarget(kind, this.#types, this.#kfuncs);
    this.#targets.set(kind, target);
    return (source, spec) => {
      const program = asLoaded(source);
      const verdict = verify(spec, program, target);
      const { refusal, conditions } = verdict;
      if (refusal === null && conditions !== null) return accepted(program, conditions);
      if (refusal === null) throw new TypeError(`${program.name}: accepted without a walk`);
      const error = new VerifierError(program.name, [refusal.text], `program ${program.name}: ${refusal.text}`);
      this.#refused.set(error, { program, spec, target, verdict });
      return error;
    };
  }

  /** The same error with its log and what it means, which take their time: only a refusal that nobody catches is worth that. */
  async explain(error: unknown): Promise<unknown> {
    const refused = error instanceof VerifierError ? this.#refused.get(error) : undefined;
    if (refused === undefined) return error;
    const { program, spec, target } = refused;
    const { explainVerdict, logged } = await import("../../../verifier/explain/verdict.ts");
    const { messageOf } = await import("../../../verifier/explain/render/line.ts");
    const verdict = logged(spec, program, target, refused.verdict);
    const explanation = explainVerdict(spec, program, target, verdict);
    if (explanation === null) return error;
    return new VerifierError(program.name, verdict.log ?? [], messageOf("the verifier", program.name, explanation), {
      explanation,
    });
  }
}
