/** What a Spec asks of the kernel's configuration, and what the room answers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KconfigExtern, Spec } from "../../object/spec.ts";
import { adapt, type KernelConfig } from "./adapt.ts";

const extern = (name: string, value: KconfigExtern["value"], offset: number, size: number, weak = false): KconfigExtern => ({
  kind: "kconfig",
  name,
  value,
  offset,
  size,
  weak,
  type: 0,
  signed: false,
  map: ".kconfig",
});

const SPEC: Spec = {
  name: "asks",
  license: "GPL",
  types: null,
  programs: [],
  maps: [{ name: ".kconfig", type: "array", keySize: 4, valueSize: 32, maxEntries: 1, flags: 0, keyType: 0, valueType: 0 }],
  externs: [
    extern("LINUX_KERNEL_VERSION", "int", 0, 4),
    extern("CONFIG_HZ", "int", 8, 8),
    extern("CONFIG_BPF_JIT", "bool", 16, 1),
    extern("CONFIG_EXT4", "tristate", 20, 4, true),
    extern("CONFIG_HOST", "string", 24, 8, true),
  ],
};

/** The bytes that the map of configuration begins with. */
async function answer(config: KernelConfig) {
  const [map] = (await adapt(SPEC, null, config, () => true)).maps;
  return map?.contents?.kind === "bytes" ? map.contents.bytes : null;
}

test("numbers, letters and texts go where the program reads them; what is weak and unknown is zero", async () => {
  const bytes = await answer({ CONFIG_HZ: 250n, CONFIG_BPF_JIT: "y", CONFIG_HOST: "sk" });
  const view = new DataView(bytes!.buffer);
  assert.equal(view.getUint32(0, true), 0x06_12_00, "Linux 6.18");
  assert.equal(view.getBigUint64(8, true), 250n);
  assert.deepEqual([bytes![16], bytes![20], bytes![24], bytes![25], bytes![26]], [1, 0, 0x73, 0x6b, 0]);
  assert.equal((await answer({ CONFIG_HZ: 1, CONFIG_BPF_JIT: false, CONFIG_EXT4: "m" }))![20], 2, "TRI_MODULE");
});

test("what is asked for and unknown is refused, and what does not fit", async () => {
  await assert.rejects(answer({ CONFIG_BPF_JIT: "y" }), {
    name: "FeatureError",
    feature: "CONFIG_HZ",
    message: /room: \{ config: \{ CONFIG_HZ: … \} \}/,
  });
  await assert.rejects(
    answer({ CONFIG_HZ: "often", CONFIG_BPF_JIT: "y" }),
    /CONFIG_HZ: expected a value of kind int, found "often"/,
  );
  await assert.rejects(answer({ CONFIG_HZ: 1, CONFIG_BPF_JIT: 2 }), /CONFIG_BPF_JIT: expected a boolean, found 2/);
});

test("texts that are too long are cut, as libbpf does", async () => {
  const bytes = await answer({ CONFIG_HZ: 1, CONFIG_BPF_JIT: "y", CONFIG_HOST: "too long" });
  assert.equal(new TextDecoder().decode(bytes!.subarray(24, 32)), "too lon\0");
});
