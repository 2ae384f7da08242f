/** Objects that clang made, in the live kernel: variables with their initial values, constants frozen, types of this kernel. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { BpfMap } from "../../src/engine/engine.ts";
import { openLinux, probeLinux } from "../../src/engine/linux/engine.ts";
import { readObject } from "../../src/object/read.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { fixture } from "../object/fixtures.ts";
import "./leaks.ts";

const probe = probeLinux();
const skip = probe.available ? false : probe.reason;
const PACKET = packet(ethernet(), ipv4(), udp(), padding());

describe("objects in the kernel", { skip }, () => {
  test("variables begin with what the source says, and programs change them", async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(readObject(fixture("globals"), { name: "globals" }));
    const variables = (section: string): BpfMap => {
      const map = Object.values(collection.maps).find(({ spec }) => spec.section === section);
      assert.ok(map, `no map of ${section}`);
      return map;
    };
    assert.deepEqual(variables(".rodata").get(0), { ...(variables(".rodata").get(0) as object), threshold: 7, secret: 9n });
    assert.equal((variables(".data").get(0) as { limit: number }).limit, 100);
    // text[1] of "a text of some length …"
    assert.equal(collection.programs["uses"]?.run({ packet: PACKET }).verdict, " ".charCodeAt(0));
    const { counters, hits } = variables(".bss").get(0) as { counters: bigint[]; hits: number };
    assert.equal(hits, 1);
    assert.deepEqual(counters, [0n, 5n + 2n, BigInt(7 + 9 + 100 + 3 + 1), 0n]);
    assert.deepEqual(variables(".bss.pages").get(0), { pages: [0, 1] });
    assert.throws(() => variables(".rodata").set(0, variables(".rodata").get(0)), { name: "MapError" }, "constants are frozen");
  });

  test("types that a program knows become this kernel's", {
    skip: existsSync("/sys/kernel/btf/vmlinux") ? false : "the kernel's types",
  }, async () => {
    await using engine = await openLinux();
    const object = readFileSync(new URL("../object/core/fixtures/vmlinux.bpf.o", import.meta.url));
    const spec = readObject(new Uint8Array(object), { name: "vmlinux" });
    assert.ok((spec.programs.find(({ name }) => name === "asks")?.core?.length ?? 0) > 0, "it has something to relocate");
    await using collection = await engine.load(spec, { programs: ["asks"] });
    assert.equal(typeof collection.programs["asks"]?.run({ packet: PACKET }).verdict, "number");
  });

  test("what is not offered, or not there, is refused by name, and nothing stays open", async () => {
    await using engine = await openLinux();
    for (const [name, error, message] of [["unlinked", "FeatureError", /defined in another object; link them first/]] as const) {
      await assert.rejects(engine.load(readObject(fixture(name), { name })), { name: error, message }, name);
    }
    assert.deepEqual(engine.descriptors, []);
  });
});
