/** `skep inspect`: what is in an object or a source. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { readObject } from "../../src/object/read.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { object, readerObject } from "./fixtures.ts";
import { Folder, skep } from "./skep.ts";

async function json(path: string, ...args: string[]) {
  const { status, stdout, stderr } = await skep(["inspect", path, "--json", ...args]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe("skep inspect FILE.o", () => {
  it("shows programs, maps, variables and the minimum kernel with its reason", async () => {
    const { status, stdout } = await skep(["inspect", object("counter")]);
    assert.equal(status, 0);
    assert.match(stdout, /^counter GPL, \d+ types$/m);
    assert.match(stdout, /^minimum kernel 5\.2 \(map flag BPF_F_RDONLY_PROG: map counter\.rodata; address of a variable\)$/m);
    assert.match(stdout, /^ {2}count +xdp +xdp +xdp +\d+$/m);
    assert.match(stdout, /^ {2}packets +array +u32 \(4\) +u64 \(8\) +1$/m);
    assert.match(stdout, /^ {2}step +volatile const u32 +counter\.rodata \+ 0 +2$/m);
    assert.match(stdout, /^ {2}greeting +char \[16\] +counter\.data \+ 0 +"hello"$/m);
    assert.match(stdout, /^ {2}note +unlinked +int \(u64 \*\w*\)$/m);
  });

  it("as data: the same, with every relocation at its source line", async () => {
    const found = await json(object("counter"));
    assert.deepEqual(
      found.globals.map(({ name, value }: { name: string; value: unknown }) => [name, value]),
      [
        ["step", 2],
        ["greeting", "hello"],
        ["total", null],
      ],
    );
    const [program] = found.programs;
    assert.equal(program.name, "count");
    assert.deepEqual([...program.maps].sort(), ["counter.bss", "counter.data", "counter.rodata", "packets"]);
    const [first] = program.relocations;
    assert.deepEqual([first.kind, first.subject, first.program], ["map", "packets", "count"]);
    assert.match(first.file, /counter\.bpf\.c$/);
    assert.equal(typeof first.line, "number");
    assert.equal(found.minimumKernel, "5.2");
  });

  it("names what CO-RE is about, and lists everything with --verbose", async () => {
    const { stdout } = await skep(["inspect", object("questions"), "--verbose"]);
    assert.match(stdout, /field_exists +struct task_struct\.__state +\S*questions\.bpf\.c:\d+ \(asks, instruction \d+\)/);
    assert.match(stdout, /6\.1 +helper bpf_ktime_get_tai_ns +guarded/);
    assert.match(stdout, /5\.17 +helper bpf_loop +on request/);
  });

  it("maps: sizes, flags, inner maps, pinning, contents", async () => {
    const { maps } = await json(readerObject("maps"));
    const map = (name: string) => maps.find((one: { name: string }) => one.name === name);
    const { flags, pinning, keyType, valueSize } = map("typed");
    assert.deepEqual([flags, pinning, keyType, valueSize], [["BPF_F_NO_PREALLOC", "BPF_F_NUMA_NODE"], "name", "struct key", 16]);
    assert.equal(map("outer").inner.type, "array");
    assert.equal(map("outer").contents, "1 → inner_b, 5 → inner_a");
    assert.equal(map("calls").contents, "0 → called, 2 → called_too");
  });

  for (const name of [
    "arena",
    "core-big",
    "exceptions",
    "externs",
    "iproute2",
    "jump-table",
    "legacy",
    "no-types",
    "sections",
    "struct-ops",
  ]) {
    it(`${name}.o`, async () => {
      const text = await skep(["inspect", readerObject(name), "--verbose"]);
      assert.deepEqual([text.status, text.stderr], [0, ""]);
      assert.match(text.stdout, /^minimum kernel \d+\.\d+/m);
    });
  }

  it("prints instructions as skep compile does", async () => {
    const [inspected, compiled] = await Promise.all([
      skep(["inspect", object("questions"), "--program", "insists", "--asm"]),
      skep(["compile", object("questions"), "--program", "insists", "--emit", "asm"]),
    ]);
    assert.equal(inspected.status, 0, inspected.stderr);
    assert.equal(inspected.stdout, compiled.stdout);
    assert.match(inspected.stdout, /; CO-RE field_byte_offset/);
    assert.match(inspected.stdout, /call bpf_ktime_get_tai_ns#208/);
  });
});

it("skep inspect FILE.bpf.ts compiles first", async () => {
  const found = await json("examples/firewall.bpf.ts");
  assert.deepEqual(
    found.maps.map(({ name, keyType }: { name: string; keyType: string }) => [name, keyType]),
    [
      ["blocked", "struct Ipv4Prefix"],
      ["drops", "Ipv4Address"],
    ],
  );
  assert.equal(found.because[0].where[0].program, "firewall");
});

describe("what cannot be inspected: one line, and status", () => {
  for (const { what, args, status, says } of [
    { what: "no file", args: [], status: 2, says: /needs a file/ },
    { what: "two files", args: ["a.o", "b.o"], status: 2, says: /one file, found also b\.o/ },
    { what: "a missing file", args: ["nosuch.o"], status: 4, says: /nosuch\.o: no such file/ },
    {
      what: "a program that is not there",
      args: [object("counter"), "--program", "cuont"],
      status: 2,
      says: /did you mean count\?/,
    },
    { what: "text as JSON", args: [object("counter"), "--asm", "--json"], status: 2, says: /--asm is text/ },
    {
      what: "a file of another kind",
      args: ["package.json"],
      status: 4,
      says: /package\.json: .*\.bpf\.ts, a C file, or an object file/,
    },
    { what: "a capture", args: ["examples/captures/office.pcap"], status: 4, says: /office\.pcap: .*object file/ },
  ]) {
    it(what, async () => {
      const ended = await skep(["inspect", ...args]);
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, says);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1);
      assert.equal(ended.stdout, "");
    });
  }
});

it("sections for tools are listed with their variables", async () => {
  using folder = new Folder();
  const spec = readObject(new Uint8Array(readFileSync(object("counter"))), { name: "counter" });
  const variables = [{ name: "_features", offset: 0, size: 4, type: 0, linkage: "global" as const }];
  const file = folder.file(
    "tagged.o",
    writeObject({ ...spec, sections: [{ name: "features", bytes: Uint8Array.of(1, 2, 3, 4), variables }] }),
  );
  assert.match((await skep(["inspect", file])).stdout, /Sections for tools\n.*\n +features +4 +_features/);
  assert.deepEqual(JSON.parse((await skep(["inspect", file, "--json"])).stdout).sections, [
    { name: "features", size: 4, variables: ["_features"] },
  ]);
});

it("malformed objects: one line that names the file, status 4", async () => {
  using folder = new Folder();
  const whole = readFileSync(object("counter"));
  for (const [name, bytes] of [
    ["text.o", Buffer.from("text")],
    ["cut.o", whole.subarray(0, 900)],
    ["header.o", whole.subarray(0, 64)],
    ["empty.o", new Uint8Array()],
  ] as const) {
    const { status, stderr, stdout } = await skep(["inspect", folder.file(name, bytes)]);
    assert.equal(status, 4, stderr);
    assert.match(stderr, new RegExp(`^skep: \\S*${name}: `));
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    assert.equal(stdout, "");
  }
});
