/**
 * A child process: loads `PROGRAMS`, optimized and not, for every cpu version that it has, in the live kernel and runs each once, attached to
 * nothing. Prints a line of JSON for each; exit status 3 when this process may not load programs.
 */

import { release } from "node:os";
import { generate } from "../../src/compiler/codegen/generate.ts";
import { optimize } from "../../src/compiler/ir/optimize.ts";
import { parseFunction } from "../../src/compiler/ir/parse.ts";
import { FeatureError, PrivilegeError, VerifierError } from "../../src/engine/errors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import type { CpuVersion } from "../../src/isa/opcodes.ts";
import type { Spec } from "../../src/object/spec.ts";
import { PACKET, PROGRAMS } from "./codegen-programs.ts";

// cpu v4 came with Linux 6.6.
const [major, minor] = release().split(".").map(Number) as [number, number];
const versions: readonly CpuVersion[] = major > 6 || (major === 6 && minor >= 6) ? [1, 2, 3, 4] : [1, 2, 3];

const engine = await openLinux();
try {
  for (const { name, body, verdict } of PROGRAMS) {
    const fn = parseFunction(`function test(v0: ptr) -> i32 {\n${body}\n}`);
    for (const cpu of versions) {
      for (const optimized of [false, true]) {
        const { code, relocations } = generate(optimized ? optimize(fn) : fn, { cpu });
        const spec: Spec = {
          name: "test",
          license: "GPL",
          types: null,
          maps: [],
          programs: [
            {
              name: "test",
              section: "xdp",
              type: "xdp",
              attachType: "xdp",
              code,
              relocations,
              functions: [{ slot: 0, name: "test", type: 0 }],
              lines: [],
            },
          ],
        };
        const result = { name, cpu, optimized, expected: verdict, found: -1, log: "" };
        try {
          await using collection = await engine.load(spec);
          result.found = collection.programs["test"]!.run({ packet: PACKET }).verdict;
        } catch (error) {
          if (!(error instanceof VerifierError)) throw error;
          result.log = error.log.slice(-12).join("\n");
        }
        console.log(JSON.stringify(result));
      }
    }
  }
} catch (error) {
  if (!(error instanceof PrivilegeError || error instanceof FeatureError)) throw error;
  console.error(error.message);
  process.exitCode = 3;
} finally {
  await engine[Symbol.asyncDispose]();
}
