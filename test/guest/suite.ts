/** The tests of `inside/`, run in a guest and reported here, each as a test of this process. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compile } from "../../src/compile.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { compileProbes, compilerMissing } from "../linux/probes.ts";
import { type GuestResult, RESULT } from "./inside/reporter.ts";
import { findKernel, type KernelName } from "./kernels.ts";
import { bootWith, type GuestAnswer } from "./run.ts";

const INSIDE = fileURLToPath(new URL("inside/", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../linux/fixtures/", import.meta.url));
/** After which a guest is given up. On a quiet machine it takes half a minute, on a busy one several times that. */
const MILLISECONDS = 480_000;

/** Boots a kernel with the project inside and runs the kernel's tests there, all in one process. */
export async function testInGuest(name: KernelName): Promise<void> {
  const title = `Linux ${name} in a guest`;
  const kernel = findKernel(name);
  if ("missing" in kernel) {
    test(title, { skip: kernel.missing }, () => {});
    return;
  }
  const only = process.env["SKEP_GUEST_TESTS"];
  const files = readdirSync(INSIDE).filter((file) => file.endsWith(".guest.ts") && (only === undefined || file.includes(only)));
  const flags = [
    "--no-warnings",
    "--test",
    "--test-isolation=none",
    "--test-concurrency=1",
    `--test-reporter=${INSIDE}reporter.ts`,
  ];
  const { status, output, said } = await ask(kernel.folder, [...flags, ...files.map((file) => INSIDE + file)]);
  const lines = output.split("\n").filter((line) => line !== "");
  const results = lines
    .filter((line) => line.startsWith(RESULT))
    .map((line) => JSON.parse(line.slice(RESULT.length)) as GuestResult);
  describe(title, () => {
    for (const { name: each, skip, error, milliseconds } of results) {
      test(each, { skip: skip ?? false }, (context) => {
        context.diagnostic(`${milliseconds} ms in the guest`);
        if (error !== undefined) throw new Error(error);
      });
    }
    test("the guest ran to its end", () => {
      // A process that dies says nothing of the tests that it did not get to.
      const rest = lines.filter((line) => !line.startsWith(RESULT)).join("\n");
      if (status > 1 || results.length === 0) throw new Error(`status ${status}\n${said}\n${rest}`);
    });
  });
}

async function ask(folder: string, args: readonly string[]): Promise<GuestAnswer> {
  // The compiler takes ten seconds to start in there.
  const programs = mkdtempSync(join(tmpdir(), "skep-guest-programs-"));
  try {
    for (const from of [INSIDE, FIXTURES])
      for (const file of readdirSync(from).filter((each) => each.endsWith(".bpf.ts")))
        writeFileSync(join(programs, file.replace(/ts$/, "o")), writeObject(await compile(from + file)));
    if (compilerMissing() === false) compileProbes(join(programs, "probes"));
    return bootWith(folder, args, { milliseconds: MILLISECONDS, environment: { SKEP_GUEST_PROGRAMS: programs } });
  } catch (error) {
    return { status: 255, output: "", said: (error as Error).message };
  } finally {
    rmSync(programs, { recursive: true });
  }
}
