/** The examples in this machine's kernel: objects as bpftool loads them, and programs on packets, which do what they do in the embedded engine. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { writeObject } from "../../src/object/write/write.ts";
import { loadWithBpftool, noKernel } from "../object/load-with-bpftool.ts";
import { compileC, noClang } from "./clang.ts";
import { perform } from "./perform.ts";
import { EXAMPLES, type ExampleName, type Play, playOf } from "./plays.ts";
import { fromC, fromTypeScript, isWritten } from "./sources.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-examples-"));
after(() => rmSync(folder, { recursive: true }));

const CHILD = fileURLToPath(new URL("./in-kernel.ts", import.meta.url));

async function inKernel(name: ExampleName, source: "ts" | "c"): Promise<unknown> {
  const options = { timeout: 60_000, maxBuffer: 1 << 26 };
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", CHILD, name, source], options);
  return JSON.parse(stdout);
}

/** The same play where the clock is nobody's business. */
async function embedded(name: ExampleName, source: "ts" | "c"): Promise<unknown> {
  const { packetsAnyTime, observeAnyTime, ...play }: Play = playOf(name);
  const anyTime = {
    ...play,
    ...(packetsAnyTime === undefined ? {} : { packets: packetsAnyTime }),
    observe: observeAnyTime ?? play.observe,
  };
  const spec = await (source === "ts" ? fromTypeScript(name) : fromC(name));
  const { packets, observed } = await perform(spec, isWritten(name) ? await fromTypeScript(name) : spec, anyTime);
  return JSON.parse(JSON.stringify({ packets, observed }, (_, value) => (typeof value === "bigint" ? `${value}n` : value)));
}

for (const name of EXAMPLES) {
  describe(name, { skip: noKernel() }, () => {
    const written = isWritten(name) ? false : "not written in TypeScript yet";

    test("bpftool loads clang's object", { skip: noClang() }, () => loadWithBpftool(compileC(name).path));

    test("bpftool loads ours", { skip: written }, async () => {
      const path = join(folder, `${name}.o`);
      writeFileSync(path, writeObject(await fromTypeScript(name)));
      loadWithBpftool(path);
    });

    if (playOf(name).packets === undefined) return;
    for (const source of ["ts", "c"] as const) {
      const missing = source === "ts" ? written : noClang();
      test(`from ${source}: packets fare as in the embedded engine`, { skip: missing }, async () =>
        assert.deepEqual(await inKernel(name, source), await embedded(name, source)),
      );
    }
  });
}
