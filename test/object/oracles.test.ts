/** The reader against tools that others wrote: libbpf, bpftool's linker, clang, llvm-readelf. Each is skipped where missing. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { openElf, STT } from "../../src/object/elf.ts";
import { readObject } from "../../src/object/read.ts";
import { compileFixture, FIXTURES, fixture, fixturePath, missingTools } from "./fixtures.ts";
import { ask, buildOracle, differences, has } from "./libbpf-oracle.ts";

const KCONFIG = "CONFIG_HZ=250\nCONFIG_BPF_SYSCALL=y\n";
const oracle = buildOracle();
const noOracle = "missing" in oracle ? `needs ${oracle.missing}` : false;
const noBtf = globSync("/sys/kernel/btf/vmlinux").length === 0 ? "needs the types of a kernel (/sys/kernel/btf/vmlinux)" : false;

/** What libbpf 1.1, which Debian 12 has, does not read, or does otherwise than 1.8: gaps of the oracle, not of the reader. */
const NEWER: Readonly<Record<string, string>> = {
  arena: "variables in an arena came with libbpf 1.5",
  exceptions: "exception callbacks came with libbpf 1.3",
  iproute2: "libbpf 1.0 dropped maps of this kind",
  "jump-table": "jump tables came with libbpf 1.7",
  legacy: "libbpf 1.0 dropped maps of this kind",
  "struct-ops": ".struct_ops.link came with libbpf 1.2",
  unlinked: "libbpf reads what is linked",
  sections: "compared by its own test",
};

function agrees(path: string, name = basename(path)): void {
  assert.ok("path" in oracle);
  const answer = ask(oracle.path, path, KCONFIG);
  assert.ok(!answer.lines.some(({ kind }) => kind === "refused"), `libbpf refuses it: ${answer.log}`);
  const spec = readObject(readFileSync(path), { name });
  assert.deepEqual(differences(spec, answer), []);
  const loaded = answer.lines.filter(({ kind }) => kind === "program").length;
  const replacing = spec.programs.filter(({ type }) => type === "ext").length;
  assert.equal(loaded, spec.programs.length - replacing, `libbpf loaded fewer: ${answer.log}`);
}

describe("what libbpf hands to the kernel is what the Spec says", { skip: noOracle || noBtf }, () => {
  for (const [name, { target }] of Object.entries(FIXTURES)) {
    const skip = NEWER[name] ?? (target === "bpfeb" ? "libbpf reads objects of its own byte order only" : false);
    it(`fixture ${name}`, { skip }, () => agrees(fixturePath(name)));
  }

  it("for all section names that it knows", () => {
    assert.ok("path" in oracle);
    const opened = ask(oracle.path, fixturePath("sections")).lines.filter((line) => line.kind === "opened");
    const spec = readObject(fixture("sections"), { name: "sections" });
    assert.equal(opened.length, spec.programs.length);
    const unknown = opened.filter(({ type }) => type === 0).length;
    assert.ok(unknown < 60, `${unknown} names unknown to libbpf`);
    assert.deepEqual(differences(spec, { lines: opened, log: "" }), []);
  });

  const installed = globSync("/usr/lib/*/bpf/*.o");
  it("for the objects of Debian's xdp-tools", { skip: installed.length === 0 ? "needs xdp-tools" : false }, () => {
    for (const path of installed) agrees(path);
  });

  it("for objects that were linked", { skip: has("bpftool") ? false : "needs bpftool" }, () => {
    const folder = mkdtempSync(join(tmpdir(), "skep-linked-"));
    after(() => rmSync(folder, { recursive: true }));
    for (const names of [["programs"], ["maps"], ["externs"], ["core"], ["globals"]]) {
      const linked = join(folder, "linked.o");
      execFileSync("bpftool", ["gen", "object", linked, ...names.map(fixturePath)]);
      agrees(linked);
    }
  });
});

describe("the committed objects", { skip: missingTools() === null ? false : `needs ${missingTools()}` }, () => {
  for (const name of Object.keys(FIXTURES)) {
    it(`are what clang makes of their source: ${name}`, () => {
      assert.ok(Buffer.from(fixture(name)).equals(compileFixture(name)), "run node test/object/fixtures.ts");
    });
  }
});

describe("symbols", () => {
  const tool = "llvm-readelf-19";
  it("are those that llvm-readelf sees", { skip: has(tool) ? false : `needs ${tool}` }, () => {
    for (const name of Object.keys(FIXTURES)) {
      const { stdout } = spawnSync(tool, ["--symbols", "--wide", fixturePath(name)], { encoding: "utf8" });
      const theirs = [...stdout.matchAll(/^\s*\d+: ([0-9a-f]{16})\s+(\d+) FUNC .* (\S+)$/gm)].map(([, value, size, symbol]) => [
        symbol,
        Number.parseInt(value!, 16),
        Number(size),
      ]);
      const { symbols } = openElf(fixture(name));
      const ours = Array.from({ length: symbols.count }, (_, index) => index)
        .filter((index) => symbols.type[index] === STT.FUNC)
        .map((index) => [symbols.name(index), symbols.value[index], symbols.size[index]]);
      assert.deepEqual(ours, theirs, name);
    }
  });
});
