import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fixture } from "../../test/object/fixtures.ts";
import { immediate, map, names, program, read } from "../../test/object/reading.ts";
import { openBtf } from "../btf/btf.ts";
import { openElf } from "./elf.ts";
import { readObject } from "./read.ts";

describe("programs", () => {
  const spec = read("programs");

  it("are the global functions outside .text, in order of their place", () => {
    assert.equal(spec.programs.map(({ name }) => name).join(" "), "first second callbacks fragments sleepy wide iproute2 nobody");
  });

  it("are what their section says", () => {
    const { section, type, attachType, target, flags } = program(spec, "sleepy");
    assert.deepEqual(
      { section, type, attachType, target, flags },
      { section: "lsm.s/file_open", type: "lsm", attachType: "lsm_mac", target: "file_open", flags: 16 },
    );
    assert.equal(program(spec, "fragments").flags, 32);
    assert.equal(program(spec, "callbacks").autoload, false);
    assert.equal(program(spec, "callbacks").section, "socket");
    assert.equal(program(spec, "nobody").type, "unspec");
  });

  it("carry the functions that they reach behind them, each once, depth first", () => {
    assert.equal(names(program(spec, "first")), "first global_sum leaf");
    assert.equal(names(program(spec, "second")), "second hidden_sum middle leaf weak_one");
  });

  it("call them where they are now", () => {
    const { functions } = program(spec, "first");
    const [main, sum] = functions;
    assert.ok(main && sum);
    const call = program(spec, "first").code.findIndex((byte, at) => at % 8 === 0 && byte === 0x85) / 8;
    assert.equal(call + 1 + immediate(program(spec, "first"), call), sum.slot);
  });

  it("pass functions as callbacks by address", () => {
    const callbacks = program(spec, "callbacks");
    assert.equal(names(callbacks), "callbacks visit leaf visit_global");
    const loads: number[] = [];
    for (let slot = 0; slot < callbacks.code.length / 8; slot++) {
      if (callbacks.code[slot * 8] !== 0x18) continue;
      if (callbacks.code[slot * 8 + 1]! >>> 4 === 4) loads.push(slot + 1 + immediate(callbacks, slot));
      slot++;
    }
    const start = (name: string) => callbacks.functions.find((each) => each.name === name)!.slot;
    assert.deepEqual(loads, [start("visit"), start("visit_global"), start("visit")]);
  });

  it("know the source line of every instruction, also of the functions behind", () => {
    const { lines } = program(spec, "first");
    const leaf = lines.find(({ text }) => text.startsWith("seen += x"));
    assert.ok(leaf?.file.endsWith("programs.bpf.c") && leaf.line > 0 && leaf.column > 0);
    assert.ok(
      lines.every(({ slot }, index) => index === 0 || slot > lines[index - 1]!.slot),
      "in ascending order",
    );
  });

  it("get the function that handles their exceptions, though nothing calls it", () => {
    assert.equal(names(program(read("exceptions"), "throws")), "throws on_exception report");
  });

  it("do without, and say so, when two functions are named for it or none is there", () => {
    const spec = read("exceptions");
    assert.deepEqual([names(program(spec, "twice")), names(program(spec, "nowhere"))], ["twice", "nowhere"]);
    assert.deepEqual(spec.notes, [
      'program "twice": two functions to handle its exceptions, none is added',
      'program "nowhere": no global function "nothing" to handle its exceptions',
    ]);
  });

  it("jump through tables that become maps of their own", () => {
    const tables = read("jump-table");
    assert.deepEqual(program(tables, "chooses").relocations, [
      { slot: 0, kind: "map-value", map: ".jumptables.chooses.0", offset: 0 },
    ]);
    const { type, valueSize, maxEntries, frozen, contents } = map(tables, ".jumptables.chooses.0");
    assert.deepEqual({ type, valueSize, maxEntries, frozen }, { type: "insn_array", valueSize: 16, maxEntries: 2, frozen: true });
    assert.ok(contents?.kind === "bytes");
    const view = new DataView(contents.bytes.buffer);
    assert.deepEqual([view.getUint32(0, true), view.getUint32(16, true)], [4, 6]);
  });

  it("jump where a verifier will not let them, which is for it to say; nowhere is refused", () => {
    const bytes = fixture("jump-table");
    const entries = openElf(bytes).find(".jumptables")!.bytes;
    entries[8] = 9 * 8;
    const { contents } = map(readObject(bytes), ".jumptables.chooses.0");
    assert.ok(contents?.kind === "bytes");
    assert.equal(new DataView(contents.bytes.buffer).getUint32(16, true), 9);
    entries[15] = 0x80;
    assert.throws(() => readObject(bytes), { name: "ObjectError", message: /expected places in the program of chooses/ });
  });
});

describe("CO-RE relocations", () => {
  const spec = read("core");

  it("come with kind, type and path, also those of subprograms", () => {
    const { core = [], functions } = program(spec, "uses");
    const btf = openBtf(spec.types!);
    const kinds = new Set(core.map(({ kind }) => kind));
    assert.equal(kinds.size, 13, [...kinds].join(" "));
    const behind = core.filter(({ slot }) => slot >= functions[1]!.slot);
    assert.deepEqual(
      behind.map(({ kind, type, access }) => [kind, btf.name(type), access]),
      [["field_byte_offset", "task_struct", "0:1:2:1"]],
    );
  });
});
