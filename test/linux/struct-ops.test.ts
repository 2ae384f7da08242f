/** Interfaces of the kernel: what it is told of them, and what becomes of its refusals. A kernel of answers, with the types of 6.18. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { LinuxEngine } from "../../src/engine/linux/engine.ts";
import { FakeKernel, fakeFacts } from "../../src/engine/linux/fixtures/fake-kernel.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import "../kernel/leaks.ts";

const source = (options = "") => `import { structOps } from "skep/bpf";
import { type tcp_congestion_ops, type tcp_sock } from "skep/vmlinux";
export const mine = structOps<tcp_congestion_ops>({
  ssthresh: (tp: tcp_sock) => tp.snd_cwnd,
  cong_avoid: () => {},
  name: "mine",
  flags: 2,
}${options});`;

const btf = kernelTypes("6.18");
const wrapper = btf.type(btf.find("bpf_struct_ops_tcp_congestion_ops", "struct") ?? 0);
const struct = btf.type(btf.find("tcp_congestion_ops", "struct") ?? 0);
assert.ok(wrapper.kind === "struct" && struct.kind === "struct");
const start = (wrapper.members.find(({ name }) => name === "data")?.bitOffset ?? 0) / 8;
const place = (member: string) => (struct.members.find(({ name }) => name === member)?.bitOffset ?? 0) / 8;

function machine(): { readonly kernel: FakeKernel; readonly engine: LinuxEngine } {
  const kernel = new FakeKernel();
  return {
    kernel,
    engine: new LinuxEngine(kernel, { ...fakeFacts(), bytes: (path) => (path.endsWith("/vmlinux") ? btf.bytes : null) }),
  };
}

const compiled = (options?: string) => compileSource(source(options), { file: "mine.bpf.ts", kernel: () => kernelTypes("6.18") });

describe("an interface of the kernel", () => {
  test("is made in the kernel's own shape, filled with programs, and attached by a link", async () => {
    const { kernel, engine } = machine();
    let value = new Uint8Array();
    kernel.on("map_update_elem", (call) => {
      value = call.memory("value")?.slice() ?? value;
      return 0;
    });
    const collection = await engine.load(compiled());
    const [made] = kernel.callsOf("map_create").filter((call) => call.u32("map_type") === 26);
    assert.deepEqual(
      [
        made?.u32("key_size"),
        made?.u32("value_size"),
        made?.u32("map_flags"),
        made?.u32("btf_vmlinux_value_type_id"),
        made?.u32("btf_value_type_id"),
      ],
      [4, wrapper.size, 1 << 13, wrapper.id, 0],
    );
    const loads = kernel.callsOf("prog_load");
    assert.deepEqual(
      loads.map((call) => [call.text("prog_name"), call.u32("attach_btf_id"), call.u32("expected_attach_type")]),
      ["ssthresh", "cong_avoid"].map((name) => [
        `mine_${name}`,
        struct.id,
        struct.members.findIndex((member) => member.name === name),
      ]),
    );
    assert.equal(value.length, 0, "nothing is handed to the kernel before it is attached");
    const link = await collection.maps["mine"]!.attach();
    const view = new DataView(value.buffer);
    const programs = collection.programs as unknown as Record<string, { readonly fd: number }>;
    assert.equal(value.length, wrapper.size);
    assert.equal(view.getBigUint64(start + place("ssthresh"), true), BigInt(programs["mine_ssthresh"]!.fd));
    assert.equal(view.getBigUint64(start + place("cong_avoid"), true), BigInt(programs["mine_cong_avoid"]!.fd));
    assert.equal(view.getUint32(start + place("flags"), true), 2);
    assert.equal(new TextDecoder().decode(value.subarray(start + place("name"), start + place("name") + 5)), "mine\0");
    const [created] = kernel.callsOf("link_create");
    assert.deepEqual(
      [created?.u32("map_fd"), created?.u32("attach_type")],
      [(collection.maps["mine"] as unknown as { fd: number }).fd, 44],
    );
    await link.detach();
    assert.equal(kernel.callsOf("map_delete_elem").length, 0);
    await assert.rejects(collection.programs["mine_ssthresh"]!.attach(), /attached as a whole: maps\.NAME\.attach\(\)/);
    await engine[Symbol.asyncDispose]();
    assert.equal(kernel.descriptors.size, 0);
  });

  test("is attached with all that a collection attaches, once and not by its programs", async () => {
    const { kernel, engine } = machine();
    const collection = await engine.load(compiled());
    const attached = await collection.attach();
    assert.deepEqual(Object.keys(attached.links), ["mine"]);
    assert.equal(kernel.callsOf("link_create").length, 1);
    await attached.detach();
    await engine[Symbol.asyncDispose]();
    assert.equal(kernel.descriptors.size, 0);
  });

  test("without a link is registered, and unregistered, also when its collection is disposed", async () => {
    const { kernel, engine } = machine();
    const collection = await engine.load(compiled(", { link: false }"));
    const link = await collection.maps["mine"]!.attach();
    assert.deepEqual([kernel.callsOf("map_update_elem").length, kernel.callsOf("link_create").length], [1, 0]);
    await link.detach();
    assert.equal(kernel.callsOf("map_delete_elem").length, 1);
    await collection.maps["mine"]!.attach();
    await collection[Symbol.asyncDispose]();
    assert.equal(kernel.callsOf("map_delete_elem").length, 2);
  });

  for (const [error, text] of [
    ["EINVAL", /a function that it needs is missing/],
    ["EEXIST", /the kernel has one of that name/],
  ] as const) {
    test(`${error} is told in words`, async () => {
      const { kernel, engine } = machine();
      const collection = await engine.load(compiled());
      kernel.failing("map_update_elem", error);
      await assert.rejects(collection.maps["mine"]!.attach(), text);
    });
  }

  test("a program that is not loaded, and a kernel that has no such interface", async () => {
    const { engine } = machine();
    const collection = await engine.load(compiled(), { programs: ["mine_ssthresh"] });
    await assert.rejects(collection.maps["mine"]!.attach(), /its cong_avoid is the program mine_cong_avoid, which is not loaded/);
    const bare = new LinuxEngine(new FakeKernel(), fakeFacts());
    await assert.rejects(bare.load(compiled()), /this kernel does not tell them/);
  });
});
