import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { tell } from "../fixtures/fake-objects.ts";
import { MAP_INFO } from "../objects/info-layouts.ts";
import { ERRNO } from "../sys/system-error.ts";
import { openMap } from "./open-map.ts";

const types = new BtfBuilder();
const u32 = types.int("u32", 4);
const pair = types.struct("pair", 8, [
  { name: "left", type: u32, bitOffset: 0 },
  { name: "right", type: u32, bitOffset: 32 },
]);
const TYPES = types.encode();

interface Told {
  readonly type?: number;
  readonly name?: string;
  readonly btf?: boolean;
  readonly valueSize?: number;
  readonly extra?: bigint;
  readonly kernelValueType?: number;
}

/** A kernel with a map that it tells of. */
function kernelWith({
  type = MAP_TYPE.hash,
  name = "pairs",
  btf = true,
  valueSize = 8,
  extra = 0n,
  kernelValueType = 0,
}: Told = {}) {
  const kernel: FakeKernel = new FakeKernel().on("obj_get_info_by_fd", (call) => {
    const info = call.memory("info") ?? assert.fail("no room for an answer");
    const view = new DataView(info.buffer);
    if (info.length === 32) {
      const into = kernel.memoryAt(view.getBigUint64(0, true));
      into?.set(TYPES.subarray(0, into.length));
      view.setUint32(8, TYPES.length, true);
      return 0;
    }
    const types = btf ? { btf_id: 3, btf_key_type_id: u32, btf_value_type_id: pair } : {};
    tell(info, MAP_INFO, {
      u32: {
        type,
        id: 7,
        key_size: 4,
        value_size: valueSize,
        max_entries: 16,
        btf_vmlinux_value_type_id: kernelValueType,
        ...types,
      },
      u64: { map_extra: extra },
      text: { name },
    });
    return 0;
  });
  return kernel;
}

const PLACE = { id: 7 };

describe("a map without its Spec", () => {
  test("its shape, its name and its types are the kernel's", () => {
    const kernel = kernelWith({ extra: 5n });
    const map = openMap(fakeMachine(kernel), PLACE);
    const { name, type, keySize, valueSize, maxEntries, flags, keyType, valueType, extra } = map.spec;
    assert.deepEqual([name, type, keySize, valueSize, maxEntries, flags], ["pairs", "hash", 4, 8, 16, 0]);
    assert.deepEqual([keyType, valueType, extra], [u32, pair, 5n]);
    kernel.on("map_lookup_elem", (call) => {
      call.memory("value")?.set([1, 0, 0, 0, 2]);
      return 0;
    });
    assert.deepEqual(map.get(9), { left: 1, right: 2 });
    assert.deepEqual([...(kernel.callsOf("map_lookup_elem")[0]?.memory("key") ?? [])], [9, 0, 0, 0]);
  });

  test("the descriptor of its types is closed, and the map's when it is disposed", () => {
    const kernel = kernelWith();
    const map = openMap(fakeMachine(kernel), PLACE);
    assert.deepEqual([...kernel.descriptors.values()], ["map_get_fd_by_id"]);
    map[Symbol.dispose]();
    map[Symbol.dispose]();
    assert.equal(kernel.descriptors.size, 0);
    assert.throws(() => map.get(1), { name: "MapError", code: "closed" });
  });

  for (const [what, kernel] of [
    ["it was made without types", kernelWith({ btf: false })],
    ["this process may not have its types", kernelWith().on("btf_get_fd_by_id", () => -ERRNO.EPERM)],
    ["its types are of another size", kernelWith({ valueSize: 12 })],
  ] as const) {
    test(`values are bytes when ${what}`, () => {
      const map = openMap(fakeMachine(kernel), PLACE);
      assert.ok(map.get(map.spec.keyType === 0 ? new Uint8Array(4) : 1) instanceof Uint8Array);
    });
  }

  test("one without a name is called by its number", () => {
    assert.equal(openMap(fakeMachine(kernelWith({ name: "" })), PLACE).name, "map_7");
  });

  test("an interface is read as the kernel's own struct says, where that can be had", () => {
    const map = openMap(fakeMachine(kernelWith({ type: MAP_TYPE.struct_ops, kernelValueType: 1 })), PLACE);
    assert.ok(map.get(0) instanceof Uint8Array);
    assert.equal(map.spec.valueType, 0);
  });

  test("access says what may be done through it", () => {
    const kernel = kernelWith();
    for (const access of ["read", "write"] as const) openMap(fakeMachine(kernel), { id: 7, access });
    openMap(fakeMachine(kernel), PLACE);
    assert.deepEqual(
      kernel.callsOf("map_get_fd_by_id").map((call) => [call.u32("map_id"), call.u32("open_flags")]),
      [
        [7, 8],
        [7, 16],
        [7, 0],
      ],
    );
  });

  for (const [errno, expected] of [
    ["ENOENT", { name: "MapError", code: "not-found", message: "there is no map with the number 7" }],
    ["EPERM", { name: "PrivilegeError", message: /opening map 7 by its number.*CAP_SYS_ADMIN/ }],
    ["EINVAL", { name: "MapError", code: "invalid", message: /EINVAL/ }],
  ] as const) {
    test(`${errno}: ${expected.name}`, () => {
      const kernel = new FakeKernel().on("map_get_fd_by_id", () => -ERRNO[errno]);
      const machine = fakeMachine(kernel, fakeFacts({ "/proc/self/status": "CapEff:\t0" }));
      assert.throws(() => openMap(machine, PLACE), expected);
    });
  }

  for (const id of [-1, 1.5, 2 ** 32]) {
    test(`${id} is no map's number, and the kernel is not asked`, () => {
      const kernel = new FakeKernel();
      assert.throws(() => openMap(fakeMachine(kernel), { id }), { name: "MapError", code: "not-found" });
      assert.deepEqual(kernel.calls, []);
    });
  }

  test("what is no map, or of a type that is too new, is closed again", () => {
    for (const kernel of [kernelWith().on("obj_get_info_by_fd", () => -ERRNO.EINVAL), kernelWith({ type: 99 })]) {
      assert.throws(() => openMap(fakeMachine(kernel), PLACE), /no map|type 99/);
      assert.equal(kernel.descriptors.size, 0);
    }
  });
});
