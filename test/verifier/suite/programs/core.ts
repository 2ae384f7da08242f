/** Shape, registers, numbers, stack, context, maps, packets. */

import { Rules } from "../case.ts";

export const core = new Rules("core");

core
  .rule(
    "registers",
    { "written first": "r2 = 1; r0 = r2; exit", "the context": "r0 = *(u32 *)(r1 +0); exit" },
    { "never written": "r0 = r2; exit", "r0 at exit": "exit", "r0 = r0": "r0 = r0; exit" },
  )
  .rule(
    "frame pointer",
    { copied: "r2 = r10; r0 = 0; exit" },
    { written: "r10 = 0; r0 = 0; exit", added: "r10 += 8; r0 = 0; exit" },
  );
