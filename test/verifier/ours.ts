/** Asking our own verifier, for the scripts and tests that compare: it may throw, and that is an answer too. */

import { openKernelTarget } from "../../src/kernels/types.ts";
import { relocate as relocateCore } from "../../src/object/core/relocate.ts";
import type { Spec } from "../../src/object/spec.ts";
import type { Target } from "../../src/verifier/target.ts";
import type { Verdict, VerifyOptions } from "../../src/verifier/verdict.ts";
import { verify } from "../../src/verifier/verify.ts";
import type { KernelName } from "./recorded.ts";

export interface Ours {
  /** Null: it threw. */
  readonly verdict: Verdict | null;
  readonly threw: string;
  readonly milliseconds: number;
}

export class OurVerifier {
  readonly target: Target;

  constructor(kernel: KernelName) {
    this.target = openKernelTarget(kernel);
  }

  ask(spec: Spec, name: string, options: VerifyOptions = {}): Ours {
    const start = performance.now();
    try {
      const { types } = this.target;
      const adapted = types === null ? spec : relocateCore(spec, types, { programs: (program) => program.name === name });
      const program = adapted.programs.find((program) => program.name === name);
      if (program === undefined) throw new Error(`there is no program ${name}`);
      const verdict = verify(adapted, program, this.target, options);
      return { verdict, threw: "", milliseconds: performance.now() - start };
    } catch (error) {
      const threw = error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join(" | ") : String(error);
      return { verdict: null, threw, milliseconds: performance.now() - start };
    }
  }
}
