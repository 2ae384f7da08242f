import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMMAND } from "../../uapi/commands.ts";
import { ATTRIBUTES, type AttributeLayout, type KnownCommand } from "./attributes.ts";
import { FakeKernel } from "./fixtures/fake-kernel.ts";
import { Request } from "./request.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("what goes to the kernel, byte by byte (union bpf_attr of linux/bpf.h)", () => {
  test("map_create: a typed hash of 4-byte keys and 8-byte values", () => {
    const kernel = new FakeKernel();
    new Request(kernel, "map_create")
      .u32("map_type", 1)
      .u32("key_size", 4)
      .u32("value_size", 8)
      .u32("max_entries", 0x0102)
      .u32("map_flags", 1)
      .text("map_name", "drops")
      .u32("btf_fd", 7)
      .u32("btf_key_type_id", 2)
      .u32("btf_value_type_id", 3)
      .send();
    const expected = [
      "01000000 04000000 08000000 02010000 01000000 00000000 00000000", // type, sizes, entries, flags, inner map, NUMA node
      "64726f70730000000000000000000000", // name[16]
      "00000000 07000000 02000000 03000000 00000000", // ifindex, BTF: fd, key, value, kernel's value type
      "0000000000000000 00000000 00000000", // extra, BTF object, token
    ];
    assert.equal(hex(kernel.calls[0]!.attribute), expected.join("").replaceAll(" ", ""));
    assert.equal(kernel.calls[0]!.command, "map_create");
  });

  test("map_update_elem: descriptor, two addresses, 64-bit flags", () => {
    const kernel = new FakeKernel();
    const key = new Uint8Array(4);
    const value = new Uint8Array(8);
    new Request(kernel, "map_update_elem").u32("map_fd", 5).pointer("key", key).pointer("value", value).u64("flags", 2).send();
    const [call] = kernel.calls;
    assert.equal(
      hex(call!.attribute),
      "05000000 00000000 00100000007f0000 00200000007f0000 0200000000000000".replaceAll(" ", ""),
    );
    assert.equal(call!.memory("key"), key);
    assert.equal(call!.memory("value"), value);
    assert.equal(call!.u64("flags"), 2n);
  });

  test("a name keeps 15 bytes of what the kernel allows in names", () => {
    const kernel = new FakeKernel();
    const request = new Request(kernel, "prog_load").text("prog_name", "count-packets_and.bytes");
    request.send();
    assert.equal(kernel.calls[0]!.text("prog_name"), "count_packets_a");
    request.text("prog_name", "x").send();
    assert.equal(kernel.calls[1]!.text("prog_name"), "x", "a shorter name leaves nothing of the longer one");
  });

  test("an empty array and null are both a null pointer", () => {
    const kernel = new FakeKernel();
    const request = new Request(kernel, "map_get_next_key").pointer("key", new Uint8Array(0));
    request.send();
    request.pointer("key", null).send();
    assert.deepEqual(
      kernel.calls.map((call) => call.memory("key")),
      [null, null],
    );
  });

  test("what the kernel writes into the attribute can be read", () => {
    const kernel = new FakeKernel().on("prog_test_run", (call) => {
      call.answer("retval", 0xffff_ffff);
      return 0;
    });
    const request = new Request(kernel, "prog_test_run");
    assert.equal(request.send(), 0);
    assert.equal(request.read("retval"), 0xffff_ffff);
  });

  test("a failure is named after its command", () => {
    const request = new Request(new FakeKernel().failing("map_freeze", "EBUSY"), "map_freeze");
    const error = request.error(request.send());
    assert.deepEqual([error.call, error.errno, error.code], ["bpf(map_freeze)", 16, "EBUSY"]);
    assert.equal(error.message, "bpf(map_freeze): EBUSY (resource busy or locked)");
    assert.equal(request.error(-524).code, "ENOTSUPP");
    assert.equal(request.error(-4000).code, "E4000");
  });
});

/** Fields that the kernel has in one place, for different kinds of map or hook: parts of different structs (`a.b`), and these. */
function mayShare(field: string, other: string): boolean {
  const struct = (name: string) => name.split(".")[0];
  if (field.includes(".") || other.includes(".")) return struct(field) !== struct(other);
  return [
    ["next_key", "value"],
    ["map_fd", "prog_fd"],
    ["target_ifindex", "target_fd"],
    ["iter_info", "target_btf_id"],
    ["attach_btf_obj_fd", "attach_prog_fd"],
  ].some((pair) => pair.includes(field) && pair.includes(other));
}

describe("the layouts", () => {
  for (const [command, layout] of Object.entries(ATTRIBUTES) as [KnownCommand, AttributeLayout][]) {
    test(`${command}: fields are aligned, inside, and do not overlap`, () => {
      assert.ok(COMMAND[command] >= 0);
      const used = new Map<number, string>();
      const groups = [
        [layout.u32, 4],
        [layout.u64, 8],
        [layout.pointer, 8],
        [layout.text, 16],
      ] as const;
      for (const [fields, size] of groups) {
        for (const [field, offset] of Object.entries(fields)) {
          assert.equal(offset % Math.min(size, size === 16 ? 4 : 8), 0, `${field} is not aligned`);
          assert.ok(offset + size <= layout.size, `${field} lies outside`);
          for (let byte = offset; byte < offset + size; byte++) {
            const other = used.get(byte);
            assert.ok(other === undefined || mayShare(field, other), `${field} overlaps ${other}`);
            if (other === undefined || !field.includes(".")) used.set(byte, field);
          }
        }
      }
    });
  }
});
