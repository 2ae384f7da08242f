/** Asking our own verifier, for the scripts that compare: the same shape as a kernel's answer. */

import type { Btf } from "../../src/btf/btf.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import { relocate as relocateCore } from "../../src/object/core/relocate.ts";
import type { ProgramSpec, Spec } from "../../src/object/spec.ts";
import type { Target } from "../../src/verifier/target.ts";
import type { Verdict, VerifyOptions } from "../../src/verifier/verdict.ts";
import type { KernelName } from "./recorded.ts";

type Verify = (spec: Spec, program: ProgramSpec, target: Target, options?: VerifyOptions) => Verdict;
type KernelTarget = (name: KernelName, types: Btf | null) => Target;

export interface Ours {
  /** Null: it threw. */
  readonly verdict: Verdict | null;
  readonly threw: string;
  readonly milliseconds: number;
}

export class OurVerifier {
  readonly types: Btf | null;
  readonly target: Target;
  readonly #verify: Verify;

  constructor(verify: Verify, target: Target, types: Btf | null) {
    this.#verify = verify;
    this.target = target;
    this.types = types;
  }

  ask(spec: Spec, name: string, options: VerifyOptions = {}): Ours {
    const start = performance.now();
    try {
      const adapted =
        this.types === null ? spec : relocateCore(spec, this.types, { programs: (program) => program.name === name });
      const program = adapted.programs.find((program) => program.name === name);
      if (program === undefined) throw new Error(`there is no program ${name}`);
      const verdict = this.#verify(adapted, program, this.target, {
        ...options,
        strictAlignment: ((program.flags ?? 0) & 1) !== 0,
      });
      return { verdict, threw: "", milliseconds: performance.now() - start };
    } catch (error) {
      const threw = error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join(" | ") : String(error);
      return { verdict: null, threw, milliseconds: performance.now() - start };
    }
  }
}

/** The verifier for one kernel, with that kernel's types where they are to be had. */
export async function openVerifier(kernel: KernelName): Promise<OurVerifier> {
  const { verify } = (await import("../../src/verifier/verify.ts" as string)) as { verify: Verify };
  const { kernelTarget } = (await import("../../src/verifier/targets/index.ts" as string)) as { kernelTarget: KernelTarget };
  const types = kernelTypes(kernel);
  return new OurVerifier(verify, kernelTarget(kernel, types), types);
}
