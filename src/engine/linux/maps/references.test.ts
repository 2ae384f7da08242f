import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { tell } from "../fixtures/fake-objects.ts";
import { number, openFake, shape, u32 } from "../fixtures/maps.ts";
import { MAP_INFO } from "../objects/info-layouts.ts";
import { ERRNO } from "../sys/system-error.ts";
import { createMap } from "./create.ts";
import { makeHandle } from "./make.ts";
import { RawMap } from "./raw-map.ts";
import type { LinuxMapOfMaps } from "./references.ts";

/** A map of maps by u32, on a kernel where descriptor 100 + n has the number n. */
function outer(kernel: FakeKernel, facts = fakeFacts()) {
  kernel.on("obj_get_info_by_fd", (call) => {
    const info = call.memory("info") ?? assert.fail("no room");
    const id = call.u32("bpf_fd") - 100;
    tell(info, MAP_INFO, { u32: { type: MAP_TYPE.array, id, key_size: 4, value_size: 4, max_entries: 8 } });
    return 0;
  });
  const machine = fakeMachine(kernel, facts);
  const spec = shape({ type: "array_of_maps" });
  const types = null;
  return makeHandle(new RawMap(machine, spec, createMap(machine, spec, null), types), types) as LinuxMapOfMaps;
}

/** What the map holds: numbers by key. */
function holding(kernel: FakeKernel, entries: ReadonlyMap<number, number>): FakeKernel {
  return kernel.on("map_lookup_elem", (call) => {
    const id = entries.get(number(call.memory("key")?.slice()));
    if (id === undefined) return -ERRNO.ENOENT;
    call.memory("value")?.set(u32(id));
    return 0;
  });
}

describe("a map of maps", () => {
  test("gives back what was put in, and asks for no number", () => {
    const kernel = holding(new FakeKernel(), new Map([[1, 1]]));
    const map = outer(kernel);
    const inner = openFake(kernel, shape({ type: "array" }));
    assert.equal(inner.fd, 101);
    map.set(1, inner);
    assert.equal(map.get(1), inner);
    assert.equal(map.get(2), undefined);
    assert.equal(kernel.callsOf("map_get_fd_by_id").length, 0);
  });

  test("opens what others put in, once, and closes it with itself", () => {
    const kernel = holding(new FakeKernel(), new Map([[1, 1]]));
    const map = outer(kernel);
    const before = kernel.descriptors.size;
    const found = map.get(1) ?? assert.fail("nothing is there");
    assert.equal(map.get(1), found);
    assert.equal(found.spec.type, "array");
    assert.deepEqual(
      kernel.callsOf("map_get_fd_by_id").map((call) => call.u32("map_id")),
      [1],
    );
    map.close();
    assert.equal(kernel.descriptors.size, before);
  });

  test("one that is gone by the time it is opened was never there", () => {
    const kernel = holding(new FakeKernel(), new Map([[1, 9]])).on("map_get_fd_by_id", () => -ERRNO.ENOENT);
    assert.equal(outer(kernel).get(1), undefined);
  });

  test("without the right to open by number, it says which is missing", () => {
    const kernel = holding(new FakeKernel(), new Map([[1, 9]])).on("map_get_fd_by_id", () => -ERRNO.EPERM);
    const map = outer(kernel, fakeFacts({ "/proc/self/status": "CapEff:\t0" }));
    assert.throws(() => map.get(1), { name: "PrivilegeError", message: /CAP_SYS_ADMIN/ });
  });

  test("what is no map of this engine is refused", () => {
    const kernel = new FakeKernel();
    const stranger = { name: "stranger", spec: shape(), freeze() {} };
    assert.throws(() => outer(kernel).set(1, stranger), { name: "MapError", code: "invalid", message: /found stranger/ });
    assert.equal(kernel.callsOf("map_update_elem").length, 0);
  });
});
