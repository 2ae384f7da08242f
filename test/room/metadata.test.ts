/** What a device knows of a packet besides its bytes: clang's programs ask it as they ask a driver. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { compileFile, missingCompiler } from "../kernel/same-bytes/objects.ts";

const SOURCE = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __attribute__((section(".ksyms")));
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash, __u32 *type) __attribute__((section(".ksyms")));
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *protocol, __u16 *tag) __attribute__((section(".ksyms")));

__u64 when;
__u32 xdp_hash, type, tc_hash;
int errors[3];

SEC("xdp") int early(struct xdp_md *ctx)
{
	__u64 time = 0;
	__u32 hash = 0, kind = 0;
	errors[0] = bpf_xdp_metadata_rx_timestamp(ctx, &time);
	errors[1] = bpf_xdp_metadata_rx_hash(ctx, &hash, &kind);
	__be16 protocol = 0;
	__u16 tag = 0;
	errors[2] = bpf_xdp_metadata_rx_vlan_tag(ctx, &protocol, &tag);
	when = time;
	xdp_hash = hash;
	type = kind;
	return XDP_PASS;
}

SEC("tc") int late(struct __sk_buff *skb)
{
	tc_hash = bpf_get_hash_recalc(skb);
	return 0;
}

char _license[] SEC("license") = "GPL";
`;

function compile(): Spec {
  const folder = mkdtempSync(join(tmpdir(), "skep-metadata-"));
  try {
    const source = join(folder, "metadata.bpf.c");
    writeFileSync(source, SOURCE);
    return readObject(compileFile(source), { name: "metadata" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("metadata of a packet", { skip: missingCompiler() ?? false }, () => {
  for (const execution of ["interpreter", "jit"] as const) {
    test(`when it came and its flow's hash, which tc finds again: ${execution}`, async () => {
      await using engine = openEmbedded({ execution, seed: 3 });
      const device = engine.addDevice("eth0");
      await using collection = await engine.load(compile());
      const seen = () => [...(collection.maps["metadata.bss"] as Iterable<[unknown, Record<string, unknown>]>)][0]![1];
      for (const program of Object.values(collection.programs)) await program.attach({ interface: "eth0" });

      const flow = (sourcePort: number) => packet(ethernet(), ipv4(), udp({ sourcePort }), padding());
      device.receive(flow(1000), { seconds: 1_700_000_000, nanoseconds: 7 });
      const first = { ...seen() };
      assert.deepEqual(first["errors"], [0, 0, -61], "a tag would be in the packet: nothing took it out");
      assert.equal(first["when"], 1_700_000_000_000_000_007n);
      assert.equal(first["type"], 1 | 8 | 32);
      assert.equal(first["tc_hash"], first["xdp_hash"]);
      device.receive(flow(1001));
      assert.deepEqual(seen()["errors"], [-61, 0, -61], "nobody said when it came");
      assert.notEqual(seen()["xdp_hash"], first["xdp_hash"]);
      device.receive(flow(1000));
      assert.equal(seen()["xdp_hash"], first["xdp_hash"]);

      collection.programs["early"]!.run({ packet: flow(1000), context: { ingress_ifindex: 1 } });
    });
  }
});
