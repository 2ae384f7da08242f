import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/builder.ts";
import { keyCodec, valueCodec } from "../../codecs.ts";
import { FakeKernel, fakeMachine } from "../fixtures/fake-kernel.ts";
import { shape } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import { LinuxArray } from "./array.ts";
import { createMap } from "./create.ts";
import { RawMap } from "./raw-map.ts";

const builder = new BtfBuilder();
const u32 = builder.int("u32", 4);
const types = openBtf(builder.encode());
const MMAPABLE = 0x400;

function open(kernel: FakeKernel, more: Parameters<typeof shape>[0] = {}): LinuxArray {
  const machine = fakeMachine(kernel);
  const spec = shape({ type: "array", flags: MMAPABLE, keyType: u32, valueType: u32, ...more });
  const raw = new RawMap(machine, spec, createMap(machine, spec, null), types);
  return new LinuxArray(raw, keyCodec(types, spec), valueCodec(types, spec));
}

/** A kernel that maps, and keeps what is mapped: 8 values of 4 bytes, each in a place of 8. */
function mapping(): { kernel: FakeKernel; memory: Uint32Array } {
  const memory = new Uint32Array(1024);
  const kernel = new FakeKernel();
  kernel.mapping = () => memory.buffer as ArrayBuffer;
  return { kernel, memory };
}

const elements = (kernel: FakeKernel) => kernel.calls.filter(({ command }) => command.endsWith("_elem")).length;

describe("an array that is memory", () => {
  test("is mapped when it is first used, and then costs no call", () => {
    const { kernel, memory } = mapping();
    const map = open(kernel);
    assert.equal(kernel.mapped, 0);
    memory[6] = 7;
    assert.equal(map.get(3), 7);
    map.set(4, 9);
    assert.equal(memory[8], 9);
    assert.equal(kernel.mapped, 4096);
    assert.equal(elements(kernel), 0);
    assert.equal(kernel.others.length, 1);
  });

  test("what is no plain read or write is the kernel's to answer", () => {
    const { kernel } = mapping();
    const map = open(kernel);
    kernel.on("map_update_elem", (call) => (call.u64("flags") === 1n ? -ERRNO.EEXIST : 0));
    kernel.on("map_lookup_elem", () => -ERRNO.ENOENT);
    assert.equal(map.get(8), undefined);
    assert.throws(() => map.set(3, 1, "create"), { code: "exists" });
    map.set(3, 1, { lock: true });
    assert.throws(() => map.get(-1), { name: "ValueError" });
    assert.throws(() => map.set(3, -1), { name: "ValueError" });
    assert.equal(elements(kernel), 3);
  });

  test("a value that does not fit changes nothing", () => {
    const { kernel, memory } = mapping();
    const map = open(kernel);
    map.set(1, 5);
    assert.throws(() => map.set(1, 2 ** 40), { name: "ValueError" });
    assert.equal(memory[2], 5);
  });

  test("where the kernel does not map it, it asks", () => {
    const kernel = new FakeKernel().on("map_lookup_elem", (call) => {
      call.memory("value")?.set([42]);
      return 0;
    });
    const map = open(kernel);
    assert.equal(map.get(1), 42);
    assert.equal(map.get(1), 42);
    assert.equal(kernel.others.length, 1);
    assert.throws(() => map.view(), { name: "MapError", code: "unsupported", message: /a view: mmap: ENODEV/ });
    assert.throws(() => map.column(), { name: "MapError", code: "unsupported", message: /a column: mmap: ENODEV/ });
  });

  test("one that was not made for it is not mapped", () => {
    const { kernel } = mapping();
    const map = open(kernel, { flags: 0 });
    map.get(1);
    assert.throws(() => map.view(), { name: "MapError", code: "unsupported", message: /BPF_F_MMAPABLE \(0x400\)/ });
    assert.throws(() => map.column(), /BPF_F_MMAPABLE/);
    assert.equal(kernel.others.length, 0);
  });

  test("a large one is mapped when it is asked for alone", () => {
    const { kernel } = mapping();
    const map = open(kernel, { maxEntries: 1 << 22 });
    map.get(1);
    assert.equal(kernel.others.length, 0);
  });

  test("no room in this process is told as such", () => {
    const { kernel } = mapping();
    kernel.mapping = () => -ERRNO.ENOMEM;
    assert.throws(() => open(kernel).view(), { name: "MapError", code: "memory" });
  });

  for (const errno of ["EPERM", "EACCES"] as const) {
    test(`one for reading alone (${errno}) is read as memory, and written by nobody`, () => {
      const { kernel, memory } = mapping();
      kernel.mapping = (_fd, _length, _offset, writable) => (writable ? -ERRNO[errno] : (memory.buffer as ArrayBuffer));
      kernel.on("map_update_elem", () => -ERRNO.EPERM);
      const map = open(kernel);
      memory[2] = 3;
      assert.equal(map.get(1), 3);
      assert.throws(() => map.set(1, 4), { name: "MapError", code: "unsupported" });
      assert.throws(() => map.column().set(1, 4), { name: "MapError", code: "unsupported" });
      assert.throws(() => map.view(), { name: "MapError", code: "unsupported", message: /reading alone/ });
      assert.equal(map.column().get(1), 3);
      assert.equal(memory[2], 3);
    });
  }

  test("freezing lets go of what nobody has in hand", () => {
    const { kernel } = mapping();
    kernel.mapping = () => new ArrayBuffer(4096);
    const map = open(kernel);
    map.get(1);
    kernel.on("map_freeze", () => (kernel.mapped > 0 ? -ERRNO.EBUSY : 0));
    map.freeze();
    const seen = open(kernel);
    seen.view();
    assert.throws(() => seen.freeze(), { name: "MapError", code: "busy" });
  });

  test("closing unmaps, and everything says that it was closed", () => {
    const { kernel } = mapping();
    const map = open(kernel);
    const column = map.column();
    map[Symbol.dispose]();
    assert.equal(kernel.mapped, 0);
    for (const operation of [
      () => map.get(1),
      () => map.set(1, 1),
      () => map.view(),
      () => column.get(1),
      () => column.number(1),
    ])
      assert.throws(operation, { name: "MapError", code: "closed" });
  });
});
