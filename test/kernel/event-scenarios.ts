/** Programs on events in the live kernel, run by its test run: attached to nothing. In a process of its own, as scenarios.ts. */

import { VerifierError } from "../../src/engine/errors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { assemble } from "../../src/isa/assemble.ts";
import { encode } from "../../src/isa/encode.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import type { ProgramType } from "../../src/uapi/program-types.ts";
import { fixture } from "../events/fixtures.ts";
import { rowsOf, USER_AND_KERNEL } from "../events/texts.ts";

/** What the helpers on text and memory answered, row by row. */
export async function eventTexts() {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("texts"), { programs: ["formats", "numbers", "reads"] });
  const { formats, numbers, reads } = collection.programs;
  const verdicts = [formats!.run(), numbers!.run(), reads!.run(USER_AND_KERNEL)].map(({ verdict }) => verdict);
  return { verdicts, rows: rowsOf(collection.maps["rows"]!) };
}

/** A syscall program's answer. */
export async function eventSyscall() {
  await using engine = await openLinux();
  await using collection = await engine.load(fixture("texts"), { programs: ["asks"] });
  const { verdict, context } = collection.programs["asks"]!.run({ context: Uint8Array.of(21, 0, 0, 0, 0, 0, 0, 0) });
  return { verdict, context: [...(context ?? [])] };
}

/** By program type the helpers that this kernel offers to it: a call without arguments is refused for them, not for who calls. */
export async function eventHelpers() {
  await using engine = await openLinux();
  const offered: Record<string, string[]> = {};
  const types: readonly ProgramType[] = [
    "kprobe",
    "tracepoint",
    "raw_tracepoint",
    "raw_tracepoint_writable",
    "perf_event",
    "syscall",
  ];
  for (const type of types) {
    offered[type] = [];
    for (const [name, id] of Object.entries(HELPER)) {
      const code = encode(assemble(`call ${id}\nr0 = 0\nexit`));
      const program = {
        name: "main",
        section: type,
        type,
        attachType: null,
        code,
        relocations: [],
        lines: [],
        functions: [],
        flags: 0,
      };
      const flags = type === "syscall" || name.startsWith("bpf_copy_from_user") ? { flags: 16 } : {};
      try {
        await using _collection = await engine.load({
          name: "asks",
          license: "GPL",
          types: null,
          maps: [],
          programs: [{ ...program, ...flags }],
        });
      } catch (error) {
        if (!(error instanceof VerifierError)) throw error;
        if (error.log.some((line) => /cannot use helper|unknown func|helper call might sleep/.test(line))) continue;
      }
      offered[type].push(name);
    }
  }
  return offered;
}
