/** The same iterator programs in this kernel, pinned by bpftool and read: the same lines, and the same for what does not fit. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { ProcessDescription } from "../../src/engine/embedded/room/processes.ts";
import type { BpfMap } from "../../src/engine/engine.ts";
import { IterationError } from "../../src/engine/errors.ts";
import type { Spec } from "../../src/object/spec.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { fixture } from "../events/fixtures.ts";
import { noKernel } from "../object/load-with-bpftool.ts";
import "./leaks.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const skip = noKernel() || (spawnSync("bpftool", ["version"]).status === 0 ? false : "needs bpftool");

/** `$1`: an object of one program. Its target map, when `$2` is not empty, has the entries of the lines `key value` in stdin. */
const SCRIPT = `
mount -t bpf none /sys/fs/bpf
bpftool map create /sys/fs/bpf/target type array key 4 value 8 entries 4 name target
printf '10\\n20\\n30\\n40\\n' | { key=0; while read value; do
  bpftool map update pinned /sys/fs/bpf/target key $key 0 0 0 value $value 0 0 0 0 0 0 0; key=$((key + 1)); done; }
bpftool iter pin "$1" /sys/fs/bpf/iterator $2
dd if=/sys/fs/bpf/iterator bs=4096 2>&1 >"$3" | grep -o 'Argument list too long\\|Resource temporarily unavailable' || true`;

/** With other values of global variables. */
function patched(program: string, values: Readonly<Record<string, number>>): Spec {
  const spec = fixture("iterators");
  const maps = spec.maps.map((map) => {
    const globals = (spec.globals ?? []).filter((each) => each.map === map.name && values[each.name] !== undefined);
    if (globals.length === 0) return map;
    const bytes = map.contents?.kind === "bytes" ? map.contents.bytes.slice() : new Uint8Array(map.valueSize);
    for (const { name, offset } of globals) new DataView(bytes.buffer).setUint32(offset, values[name]!, true);
    return { ...map, contents: { kind: "bytes" as const, bytes } };
  });
  return { ...spec, maps, programs: spec.programs.filter(({ name }) => name === program) };
}

const open = (processes: readonly ProcessDescription[] = []) =>
  openEmbedded({ memory: 16 << 20, room: { types: new Uint8Array(readFileSync(VMLINUX)), processes } });

describe("iterators here and in the kernel", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-iter-"));
  after(() => rmSync(folder, { recursive: true }));

  /** Null when this kernel refuses the program before it looks at it: some machines allow no iterators over elements of maps. */
  function inKernel(spec: Spec, map: boolean): { lines: string[]; error: string } | null {
    const [object, output] = [join(folder, "one.o"), join(folder, "output")];
    writeFileSync(object, writeObject(spec));
    const target = map ? "map pinned /sys/fs/bpf/target" : "";
    const script = SCRIPT.replace("$2", target);
    const args = ["-m", "--propagation", "private", "sh", "-e", "-c", script, "sh", object, "", output];
    const { status, stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
    if (stderr.includes("Operation not permitted") && stderr.includes("processed 0 insns")) return null;
    assert.equal(status, 0, stderr);
    const text = readFileSync(output, "latin1");
    return { lines: text === "" ? [] : text.replace(/\n$/, "").split("\n"), error: stdout.trim() };
  }

  for (const [program, values] of [
    ["entries", {}],
    ["floods", { repeat: 1 }],
    ["floods", { repeat: 32 }],
    ["floods", { repeat: 33 }],
    ["retries", { again: 0 }],
    ["retries", { again: 1 }],
    ["retries", { again: 2 }],
  ] as const) {
    test(`${program} ${JSON.stringify(values)}`, async (context) => {
      const spec = patched(program, values);
      const kernel = inKernel(spec, true);
      if (kernel === null) return context.skip("this kernel permits no iterators over elements of maps");
      await using engine = open();
      const target = { ...spec.maps.find(({ name }) => name === "slots")!, name: "target", maxEntries: 4 };
      await using collection = await engine.load({ ...spec, maps: [...spec.maps, target] });
      const map = collection.maps["target"] as BpfMap<number, bigint>;
      for (let key = 0; key < 4; key++) map.set(key, BigInt((key + 1) * 10));
      const lines: string[] = [];
      let error = "";
      try {
        for await (const line of collection.programs[program]!.iterate!({ map })) lines.push(line);
      } catch (thrown) {
        if (!(thrown instanceof IterationError)) throw thrown;
        error = thrown.code === "E2BIG" ? "Argument list too long" : "Resource temporarily unavailable";
      }
      assert.deepEqual({ lines, error }, kernel);
    });
  }

  test("a task, which is a child of our own; references to it and to its group", async (context) => {
    const child = spawn("sleep", ["60"]);
    try {
      await once(child, "spawn");
      const pid = child.pid!;
      for (const [program, expected] of [
        ["tasks", `${pid} ${pid} sleep`],
        ["references", "f7f"],
      ] as const) {
        const spec = patched(program, { wanted: pid });
        const kernel = inKernel(spec, false);
        if (kernel === null) return context.skip("this kernel permits no iterators over tasks");
        assert.deepEqual(kernel.lines, [expected]);
        await using engine = open([{ pid, comm: "sleep" }, { pid: 1 }]);
        await using collection = await engine.load(spec);
        const lines: string[] = [];
        for await (const line of collection.programs[program]!.iterate!()) lines.push(line);
        assert.deepEqual(lines, [expected]);
      }
    } finally {
      child.kill();
    }
  });
});
