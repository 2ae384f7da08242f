import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { map, program, read } from "../../test/object/reading.ts";

describe("externs", () => {
  const spec = read("externs");

  it("of the kernel's configuration are in a map, the widest first", () => {
    const configs = spec.externs?.flatMap((extern) =>
      extern.kind === "kconfig" ? [[extern.name, extern.value, extern.offset, extern.size]] : [],
    );
    assert.deepEqual(configs, [
      ["CONFIG_MISSING_LONG", "int", 0, 8],
      ["CONFIG_HZ", "int", 8, 4],
      ["CONFIG_IPV6", "tristate", 12, 4],
      ["LINUX_KERNEL_VERSION", "int", 16, 4],
      ["CONFIG_BPF_SYSCALL", "bool", 20, 1],
      ["CONFIG_MISSING_CHAR", "char", 21, 1],
      ["CONFIG_LOCALVERSION", "string", 22, 16],
    ]);
    assert.equal(map(spec, "externs.kconfig").valueSize, 38);
  });

  it("of the kernel itself are functions, typed variables, and bare addresses", () => {
    const symbols = spec.externs?.flatMap((extern) =>
      extern.kind === "kconfig" ? [] : [[extern.kind, extern.name, extern.weak, extern.type > 0]],
    );
    assert.deepEqual(symbols, [
      ["ksym", "_text", false, false],
      ["kfunc", "bpf_no_such_kfunc___v2", true, true],
      ["ksym", "bpf_prog_active_none", true, false],
      ["kfunc", "bpf_task_from_pid", false, true],
      ["kfunc", "bpf_task_release", true, true],
      ["ksym", "runqueues", false, true],
    ]);
  });

  it("are referred to by name", () => {
    const { externs = [], code: bytes } = program(spec, "uses");
    const call = externs.find(({ name }) => name === "bpf_task_from_pid");
    const address = externs.find(({ name }) => name === "runqueues");
    assert.ok(call?.kind === "call" && address?.kind === "address");
    assert.deepEqual([bytes[call.slot * 8], bytes[call.slot * 8 + 1]! >>> 4], [0x85, 2]);
    assert.deepEqual([bytes[address.slot * 8], bytes[address.slot * 8 + 1]! >>> 4], [0x18, 3]);
  });
});

describe("one object of several", () => {
  const spec = read("unlinked");

  it("lists what another must define", () => {
    assert.deepEqual(
      spec.externs?.map(({ kind, name }) => [kind, name]),
      [
        ["unlinked", "other_map"],
        ["unlinked", "shared"],
        ["unlinked", "other"],
      ],
    );
    assert.deepEqual(
      program(spec, "uses").externs?.map(({ kind, name }) => [kind, name]),
      [
        ["address", "other_map"],
        ["address", "shared"],
        ["call", "other"],
      ],
    );
  });

  it("finds its own map, static though it is", () => {
    assert.deepEqual(
      program(spec, "uses").relocations.map(({ map: name }) => name),
      ["own"],
    );
  });
});
