import { test } from "node:test";
import { arp, ethernet, ipv4, load, packet, tcp, udp } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("packets are counted by their destination port, and pass", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  for (const transport of [udp({ destinationPort: 53 }), tcp({ destinationPort: 443 }), tcp({ destinationPort: 443 })])
    it.program("count")
      .run(packet(ethernet(), ipv4(), transport))
      .expectPass();
  it.map("ports").expectEntries([
    [53, 1],
    [443, 2],
  ]);
});

test("what has no port is not counted", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  it.program("count").run(packet(ethernet(), arp())).expectPass();
  it.map("ports").expectEmpty();
});
