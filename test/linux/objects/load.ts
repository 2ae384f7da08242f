/**
 * What does Skep make of an object on this kernel? Loads it as a whole, then each of its programs for itself, attaches nothing, and prints one
 * `Loaded` a line, as libbpf-load.c does for libbpf: `node load.ts OBJECT…`.
 */

import { readFileSync } from "node:fs";
import { parse } from "node:path";
import { PrivilegeError, VerifierError } from "../../../src/engine/errors.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { SystemError } from "../../../src/engine/linux/sys/system-error.ts";
import { readObject } from "../../../src/object/read.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { type Gap, gapsOf } from "./gaps.ts";

export interface Loaded {
  readonly object: string;
  /** Empty: the object as a whole. */
  readonly program: string;
  /** 0, or the errno of the system call that refused it; -1 when none did. */
  readonly error: number;
  /** Who refused it: `open` and `loader` (also the kernel, about a map or the types), or `verifier`. */
  readonly stage: "open" | "loader" | "verifier" | "loaded";
  /** The verifier's last line that is no statistics; else our message. */
  readonly last: string;
  /** Why Skep may go further with it than libbpf. */
  readonly gaps?: readonly Gap[];
}

const STATISTICS = /^(processed |verification time |stack depth |-- END PROG LOAD LOG --)/;

async function loadObject(object: string): Promise<void> {
  const say = (answer: Omit<Loaded, "object">): boolean => process.stdout.write(`${JSON.stringify({ object, ...answer })}\n`);
  let spec: Spec;
  try {
    spec = readObject(new Uint8Array(readFileSync(object)), { name: parse(object).name });
  } catch (error) {
    say({ program: "", error: -1, stage: "open", last: String(error) });
    return;
  }
  await using engine = await openLinux();
  for (const program of ["", ...spec.programs.map(({ name }) => name)]) {
    const gaps = gapsOf(spec, program);
    try {
      await using collection = await engine.load(spec, program === "" ? {} : { programs: [program] });
      say({ program, error: 0, stage: "loaded", last: "", gaps });
      void collection;
    } catch (error) {
      const refused =
        error instanceof VerifierError || error instanceof PrivilegeError
          ? error.log.filter((line) => !STATISTICS.test(line)).at(-1)
          : undefined;
      say({
        program,
        error: errnoOf(error),
        stage: refused === undefined ? "loader" : "verifier",
        last: refused ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
        gaps,
      });
    }
  }
  if (engine.descriptors.length > 0) throw new Error(`${object}: left open: ${engine.descriptors.join(", ")}`);
}

/** Of the system call at the root of it. */
function errnoOf(error: unknown): number {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof SystemError) return each.errno;
  return -1;
}

for (const object of process.argv.slice(2)) await loadObject(object);
process.exit(0);
