import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapSpec } from "../../../object/spec.ts";
import { FakeKernel, fakeMachine } from "../fixtures/fake-kernel.ts";
import { shape } from "../fixtures/maps.ts";
import type { Kernel } from "../kernel.ts";
import { ERRNO } from "../sys/system-error.ts";
import { LinuxArena } from "./arena.ts";
import { createMap } from "./create.ts";
import { RawMap } from "./raw-map.ts";

const SPEC = shape({ type: "arena", keySize: 0, valueSize: 0, maxEntries: 2, flags: 0x400 });

/** Every arena of it has the number 7. */
function mapping(): FakeKernel {
  const kernel = new FakeKernel().on("obj_get_info_by_fd", (call) => {
    call.memory("info")?.set([7], 4);
    return 0;
  });
  kernel.mapping = (_fd, length) => new ArrayBuffer(length);
  return kernel;
}

const arena = (machine: Kernel, spec: MapSpec = SPEC) =>
  new LinuxArena(new RawMap(machine, spec, createMap(machine, spec, null)));

describe("an arena", () => {
  test("is mapped once for all that go on with it, until the last lets go", () => {
    const kernel = mapping();
    const machine = fakeMachine(kernel);
    const [one, other] = [arena(machine), arena(machine)];
    one.begin(true);
    other.begin(false);
    one.view()[3] = 9;
    assert.equal(other.view()[3], 9);
    assert.equal(kernel.mapped, 8192);
    one[Symbol.dispose]();
    assert.equal(other.view()[3], 9);
    assert.throws(() => one.view(), { name: "MapError", code: "closed" });
    other[Symbol.dispose]();
    assert.equal(kernel.mapped, 0);
  });

  test("begins with what its Spec says, when it is new", () => {
    const spec: MapSpec = { ...SPEC, contents: { kind: "bytes", bytes: Uint8Array.of(1, 2), offset: 4 } };
    const fresh = arena(fakeMachine(mapping()), spec);
    fresh.begin(true);
    assert.deepEqual([...fresh.view().subarray(3, 7)], [0, 1, 2, 0]);
    const reused = arena(fakeMachine(mapping()), spec);
    reused.begin(false);
    assert.deepEqual([...reused.view().subarray(3, 7)], [0, 0, 0, 0]);
  });

  for (const [errno, code, message] of [
    ["EINVAL", "unsupported", /at an address that the kernel does not tell.*map_extra/],
    ["EBUSY", "unsupported", /another engine of this process/],
    ["ENOMEM", "memory", /ENOMEM/],
    ["EPERM", "unsupported", /read-only/],
  ] as const) {
    test(`what the kernel does not map (${errno}) says why`, () => {
      const kernel = mapping();
      kernel.mapping = () => -ERRNO[errno];
      assert.throws(() => arena(fakeMachine(kernel)).view(), { name: "MapError", code, message });
    });
  }

  test("a place of its own that is taken is told, and let go", () => {
    const kernel = mapping();
    const machine = fakeMachine(kernel);
    const elsewhere = arena(machine, { ...SPEC, extra: 0x1000n });
    assert.throws(() => elsewhere.view(), { name: "MapError", code: "memory", message: /0x1000 for something else/ });
    assert.equal(kernel.mapped, 0);
  });
});
