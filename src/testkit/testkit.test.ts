/** The test kit: what a test of a program looks like, and what it says when it fails. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { defineHook, u8, u32, writable } from "../hooks.ts";
import { assemble } from "../isa/assemble.ts";
import { encode } from "../isa/encode.ts";
import {
  AssertionError,
  ethernet,
  hex,
  icmp,
  ipv4,
  ipv6,
  type Loaded,
  layersOf,
  load,
  packet,
  padding,
  payload,
  tcp,
  udp,
  virtualTime,
} from "./index.ts";

const FIREWALL = new URL("../../examples/firewall.bpf.ts", import.meta.url);
const RATE_LIMIT = new URL("../../examples/rate-limit.bpf.ts", import.meta.url);
type Firewall = typeof import("../../examples/firewall.bpf.ts");

const FROM_BLOCKED = packet(ethernet(), ipv4({ source: "203.0.113.7" }), udp({ destinationPort: 53 }), payload("x"));
const FROM_ELSEWHERE = packet(ethernet(), ipv4(), udp({ destinationPort: 53 }), payload("x"));

async function firewall(): Promise<Loaded<Firewall>> {
  const fw = await load<Firewall>(FIREWALL);
  fw.map("blocked").set({ prefixLength: 24, address: "203.0.113.0" }, 1);
  return fw;
}

/** The message of the AssertionError that it throws; it must be one that points here. */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof AssertionError, String(error));
    assert.match(error.stack?.split("\n    at ")[1] ?? "", /testkit\.test\.ts/, "the stack begins in the test");
    return error.message;
  }
  return assert.fail("nothing was thrown");
}

describe("a firewall", () => {
  test("drops and passes, and counts", async () => {
    await using fw = await firewall();
    fw.program("firewall").run(FROM_BLOCKED).expectDrop().expectVerdict("XDP_DROP").expectUnchanged();
    fw.program("firewall").run(FROM_ELSEWHERE).expectPass().expectVerdict(2);
    fw.program("firewall").run(FROM_BLOCKED);
    fw.map("drops").expect("203.0.113.7", 2).expect("192.0.2.1", undefined);
    fw.map("drops").expectEntries([["203.0.113.7", [2n]]]);
  });

  test("what fails says what was expected and what was found", async () => {
    await using fw = await firewall();
    const result = fw.program("firewall").run(FROM_BLOCKED);
    assert.equal(
      failure(() => result.expectPass()),
      "firewall: verdict: expected a pass, found XDP_DROP",
    );
    assert.equal(
      failure(() => result.expectVerdict("XDP_TX")),
      "firewall: verdict: expected XDP_TX, found XDP_DROP",
    );
    assert.equal(
      failure(() =>
        result.expectPacket(
          packet(ethernet(), ipv4({ source: "203.0.113.7", ttl: 63 }), udp({ destinationPort: 54 }), payload("x")),
        ),
      ),
      "firewall: packet:\n  ipv4.ttl: expected 63, found 64\n  ipv4.checksum: expected 32198, found 31942\n  udp.destinationPort: expected 54, found 53\n  udp.checksum: expected 60762, found 60763",
    );
    assert.equal(
      failure(() => result.expectLayer("udp", { destinationPort: 53, length: 10 })),
      "firewall: udp.length: expected 10, found 9",
    );
    assert.equal(
      failure(() => fw.map("drops").expect("203.0.113.7", 2)),
      'drops of "203.0.113.7": expected 2, found [1]',
    );
    const entries = [
      ["203.0.113.7", 2],
      ["192.0.2.9", 1],
    ] as const;
    assert.equal(
      failure(() => fw.map("drops").expectEntries(entries)),
      'drops:\n  "203.0.113.7": expected 2, found [1]\n  "192.0.2.9": expected 1, found nothing',
    );
    assert.equal(
      failure(() => fw.map("drops").expectEmpty()),
      'drops: expected no entries, found 1, the first ["203.0.113.7", [1]]',
    );
    assert.throws(() => fw.program("fierwall" as "firewall"), /no program fierwall; did you mean firewall\?/);
    assert.throws(() => fw.map("drop" as "drops"), /no map drop; did you mean drops\?/);
  });

  test("errors carry what runners print: expected, actual, a code", async () => {
    await using fw = await firewall();
    const result = fw.program("firewall").run(FROM_BLOCKED);
    assert.throws(() => result.expectVerdict("XDP_PASS"), {
      name: "AssertionError",
      code: "ERR_ASSERTION",
      actual: "XDP_DROP",
      expected: "XDP_PASS",
      showDiff: true,
    });
  });

  test("knows which lines and branches ran", async () => {
    await using fw = await firewall();
    fw.program("firewall").run(FROM_ELSEWHERE);
    const before = fw.coverage();
    assert.ok(before.covered < before.total, `${before.covered} of ${before.total}`);
    const missing = before.lines.filter(({ hits }) => hits === 0).map(({ line }) => line);
    fw.program("firewall").run(FROM_BLOCKED);
    fw.program("firewall").run(packet(ethernet({ type: 0x86dd })));
    const after = fw.coverage();
    assert.ok(after.lines.filter(({ hits }) => hits > 0).length > before.covered);
    assert.ok(missing.length > 0);
    assert.match(after.lcov, /^TN:\nSF:.*firewall\.bpf\.ts\nBRDA:\d+,0,0,\d+\n/);
    assert.match(after.lcov, /\nDA:\d+,3\n/);
    assert.match(after.lcov, /\nend_of_record\n$/);
    await using compiled = await load<Firewall>(FIREWALL, { execution: "jit" });
    compiled.program("firewall").run(FROM_ELSEWHERE).expectPass();
    assert.throws(() => compiled.coverage(), /generated code counts nothing/);
  });
});

test("time moves only when told: a rate limit is tested in no time", async () => {
  await using limit = await load(RATE_LIMIT, { time: "1h" });
  const { time } = limit;
  assert.equal(time.now, 3_600_000_000_000n);
  const run = () => limit.program("rateLimit").run(FROM_ELSEWHERE);
  for (let sent = 0; sent < 200; sent++) run().expectPass();
  run().expectDrop();
  time.advance("1.5ms");
  run().expectPass();
  run().expectDrop();
  time.advance("2s");
  for (let sent = 0; sent < 200; sent++) run().expectPass();
  run().expectDrop();
  limit.map("verdicts").expectEntries([
    [0, 401],
    [1, 3],
  ]);
  for (const wrong of ["2", "s", "-1s", "1 year", Number.NaN, -1]) assert.throws(() => time.advance(wrong), RangeError);
  assert.equal(virtualTime("0.5us").now, 500n);
});

test("a packet that a program changes is compared layer by layer", async () => {
  await using router = await load(`
    import { xdp, XDP_PASS, XDP_TX } from "skep/bpf";
    import { Ethernet, ETH_P_IP, Ipv4 } from "skep/bpf/net";
    export const route = xdp((ctx) => {
      const ip = ctx.packet.at(Ipv4, Ethernet.size);
      if (ip === null) return XDP_PASS;
      ip.ttl -= 1;
      ip.checksum = 0;
      return XDP_TX;
    });
  `);
  const result = router.program("route").run(packet(ethernet(), ipv4({ ttl: 64 }), icmp(), payload("ping"), padding()));
  result
    .expectVerdict("XDP_TX")
    .expectPacket(packet(ethernet(), ipv4({ ttl: 63, checksum: 0 }), icmp(), payload("ping"), padding()));
  assert.match(
    failure(() => result.expectUnchanged()),
    /^route: the packet was changed:\n {2}ipv4\.ttl: expected 64, found 63\n/,
  );
  assert.deepEqual(
    result.layers.map(({ name }) => name),
    ["ethernet", "ipv4", "icmp", "payload", "padding"],
  );
  assert.deepEqual(result.layer("ipv4")?.fields["ttl"], 63);
});

test("a fault fails the test with the line that caused it, or is what was expected", async () => {
  const spec = {
    name: "wild",
    license: "GPL",
    types: null,
    maps: [],
    programs: [
      {
        name: "wild",
        section: "xdp",
        type: "xdp",
        attachType: "xdp",
        code: encode(assemble("r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 60)\nexit")),
        relocations: [],
        functions: [],
        lines: [{ slot: 0, file: "wild.c", line: 7, column: 1, text: "return data[60];" }],
      },
    ],
  } as const;
  await using wild = await load(spec, { unsafe: true });
  const short = packet(ethernet(), padding());
  assert.match(
    failure(() => wild.program("wild").run(short)),
    /^wild, slot 1 \(wild\.c:7\), .*: reads 1 byte at packet\+60: the packet has 60\n {2}wild\.c:7 \| return data\[60\];$/,
  );
  wild.program("wild").expectFault(short, /the packet has 60/);
  assert.match(
    failure(() => wild.program("wild").expectFault(packet(padding(61)))),
    /expected a fault, found the verdict XDP_ABORTED/,
  );
});

test("hooks of an application are run with what the application gives them", async () => {
  const onVote = defineHook("vote", { age: u8, weight: writable(u32) }, { returns: u32 });
  await using votes = await load(
    `${onVote.declaration()}
    export const adult = hook<Vote>("vote", (vote) => {
      vote.weight = vote.weight * 2;
      return vote.age < 18 ? 1 : 0;
    });`,
    { hooks: [onVote] },
  );
  const hook = await votes.hook(onVote);
  const given = { age: 17, weight: 4 };
  hook.run(given).expectVerdict(1).expectContext({ weight: 8 });
  assert.equal(given.weight, 4, "the argument stays as it is");
  assert.equal(
    failure(() => hook.run({ age: 18, weight: 1 }).expectVerdict(1)),
    "vote: verdict: expected 1, found 0",
  );
  assert.match(
    failure(() => hook.run({ age: 18, weight: 1 }).expectContext({ weight: 1 })),
    /weight: expected 1, found 2/,
  );
  assert.ok(votes.coverage().covered > 0);
});

test("chance, CPUs and sizes are the test's", async () => {
  const source = `
    import { bpf_get_prandom_u32, perCpuArray, type u64, xdp } from "skep/bpf";
    export const counts = perCpuArray<u64>({ maxEntries: 4 });
    export const roll = xdp(() => {
      counts.increment(1);
      return bpf_get_prandom_u32() & 3;
    });
  `;
  const rolls = async (seed?: number) => {
    await using dice = await load(source, {
      cpus: 2,
      maxEntries: { counts: 2 },
      ...(seed === undefined ? {} : { seed }),
    });
    const verdicts = Array.from({ length: 20 }, () => dice.program("roll").run(packet(padding())).verdict);
    dice.map("counts").expect(1, 20).expect(1, [20, 0]);
    return verdicts;
  };
  assert.deepEqual(await rolls(), await rolls());
  assert.notDeepEqual(await rolls(5), await rolls(6));
});

test("variables are given, read and changed by name", async () => {
  const source = `
    import { config, type u32, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
    export const target = config<u32>(1);
    export let total: u64 = 0;
    export const count = xdp(() => {
      total += target;
      return target === 7 ? XDP_DROP : XDP_PASS;
    });
  `;
  await using counter = await load(source, { variables: { target: 7 } });
  counter.program("count").run(packet(padding())).expectVerdict("XDP_DROP");
  assert.equal(counter.variable("total").get(), 7n);
  counter.variable("total").set(100n);
  counter.program("count").run(packet(padding()));
  assert.equal(counter.variable("total").get(), 107n);
  assert.throws(() => counter.variable("totl"), /did you mean total/);
});

test("IPv6 and bytes by hand go in, too", async () => {
  await using fw = await firewall();
  fw.program("firewall")
    .run(packet(ethernet(), ipv6(), tcp()))
    .expectPass();
  const bytes = hex("02 00 00 00 00 02 02 00 00 00 00 01 08 00 45");
  fw.program("firewall").run(bytes).expectPass();
  assert.deepEqual(
    layersOf(bytes).map(({ name }) => name),
    ["ethernet", "payload"],
  );
});

test("objects that clang made run, too, in traffic control as well", async (t) => {
  if (spawnSync("clang-19", ["--version"]).status !== 0) return t.skip("needs clang-19");
  const folder = mkdtempSync(join(tmpdir(), "skep-kit-"));
  try {
    writeFileSync(
      join(folder, "mark.c"),
      `#include <linux/bpf.h>
       __attribute__((section("tc"), used)) int mark(struct __sk_buff *skb) {
         skb->mark = skb->len;
         return skb->len > 60 ? 2 : -1;
       }
       char _license[] __attribute__((section("license"))) = "GPL";`,
    );
    const args = ["-O2", "-g", "--target=bpf", "-I/usr/include/x86_64-linux-gnu", "-c", "mark.c", "-o", "mark.o"];
    const made = spawnSync("clang-19", args, { cwd: folder, encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    await using tc = await load(join(folder, "mark.o"));
    tc.program("mark")
      .run(packet(ethernet(), ipv4(), udp(), padding()))
      .expectVerdict("TC_ACT_UNSPEC")
      .expectPass();
    const result = tc.program("mark").run(packet(ethernet(), ipv4(), udp(), padding(61)));
    result.expectVerdict("TC_ACT_SHOT").expectDrop().expectUnchanged();
    assert.equal(new DataView(result.context!.buffer, result.context!.byteOffset).getUint32(8, true), 61);
    assert.match(tc.coverage().lcov, /mark\.c\nBRDA:/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
