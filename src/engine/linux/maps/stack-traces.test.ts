import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeKernel, fakeMachine } from "../fixtures/fake-kernel.ts";
import { number, shape, u32 } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import { createMap } from "./create.ts";
import { RawMap } from "./raw-map.ts";
import { LinuxStackTraces } from "./stack-traces.ts";

/** Chains by number, on a kernel that steps from one to the next. */
function open(chains: Map<number, readonly bigint[]>): { kernel: FakeKernel; map: LinuxStackTraces } {
  const found = (call: { memory(field: string): Uint8Array | null }): number => {
    const chain = chains.get(number(call.memory("key")?.slice()));
    if (chain === undefined) return -ERRNO.ENOENT;
    const value = call.memory("value");
    value?.fill(0);
    for (const [at, address] of chain.entries())
      new DataView(value?.buffer ?? new ArrayBuffer(0)).setBigUint64(at * 8, address, true);
    return 0;
  };
  const kernel: FakeKernel = new FakeKernel()
    .on("map_lookup_elem", found)
    .on("map_lookup_and_delete_elem", (call) => {
      const result = found(call);
      chains.delete(number(call.memory("key")?.slice()));
      return result;
    })
    .on("map_delete_elem", (call) => {
      const id = number(call.memory("key")?.slice());
      if (id >= 8) return -ERRNO.E2BIG;
      return chains.delete(id) ? 0 : -ERRNO.ENOENT;
    })
    .on("map_get_next_key", (call) => {
      const key = call.memory("key");
      const after = key === null ? -1 : number(key.slice());
      const next = [...chains.keys()].sort().find((id) => id > after);
      if (next === undefined) return -ERRNO.ENOENT;
      call.memory("next_key")?.set(u32(next));
      return 0;
    });
  const machine = fakeMachine(kernel);
  const spec = shape({ type: "stack_trace", valueSize: 32 });
  return { kernel, map: new LinuxStackTraces(new RawMap(machine, spec, createMap(machine, spec, null))) };
}

describe("stack traces", () => {
  const chains = () =>
    new Map([
      [2, [1n, 2n, 0xffff_ffff_8100_0000n]],
      [5, [9n, 8n, 7n, 6n]],
    ]);

  test("are addresses up to the first that is zero, or all that there is room for", () => {
    const { map } = open(chains());
    assert.deepEqual(map.get(2), [1n, 2n, 0xffff_ffff_8100_0000n]);
    assert.deepEqual(map.get(5), [9n, 8n, 7n, 6n]);
    assert.equal(map.get(3), undefined);
    assert.equal(map.get(-1), undefined);
    assert.deepEqual([...map.entries()], [...chains()]);
  });

  test("are taken, deleted and cleared", () => {
    const left = chains();
    const { map } = open(left);
    assert.deepEqual(map.take(5), [9n, 8n, 7n, 6n]);
    assert.equal(map.take(5), undefined);
    assert.deepEqual([map.delete(2), map.delete(2), map.delete(99)], [true, false, false]);
    left.set(1, [1n]).set(3, [3n]);
    map.clear();
    assert.equal(left.size, 0);
  });

  test("kernels before 6.18 take none", () => {
    const { kernel, map } = open(chains());
    kernel.on("map_lookup_and_delete_elem", () => -ERRNO.ENOTSUPP);
    assert.throws(() => map.take(5), { name: "MapError", code: "unsupported" });
  });
});
