/** A program from text, as the analyses of the JIT get it. */

import { flows } from "../../src/engine/embedded/jit/flow.ts";
import { type PreparedProgram, prepare } from "../../src/engine/embedded/program.ts";
import { assemble } from "../../src/isa/assemble.ts";

export function prepared(text: string) {
  const never = (): never => {
    throw new TypeError("not in these tests");
  };
  const options = { name: "test", wide: () => null, helper: (id: number) => id, kfunc: never, refuse: never, packetLoads: false };
  const program: PreparedProgram = prepare(assemble(text), options);
  return { program, flow: flows(program)[0]! };
}
