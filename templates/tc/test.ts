import { test } from "node:test";
import { ethernet, ipv4, load, packet, tcp, udp } from "skep/test";

type Program = typeof import("./program.bpf.ts");

test("DNS does not leave, the rest does; both are counted", async () => {
  await using it = await load<Program>(new URL("program.bpf.ts", import.meta.url));
  const dns = packet(ethernet(), ipv4(), udp({ destinationPort: 53 }));
  const web = packet(ethernet(), ipv4(), tcp({ destinationPort: 443 }));
  it.program("shape").run(dns).expectVerdict("TC_ACT_SHOT");
  it.program("shape").run(web).expectVerdict("TC_ACT_OK");
  it.map("bytes").expectEntries([
    [17, dns.length],
    [6, web.length],
  ]);
});
