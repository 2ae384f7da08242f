/** Programs on packets and sockets, in a network namespace of our own. See scenario.ts. */

import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import type { AttachOptions, Link } from "../../src/engine/engine.ts";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { LinuxEngine, openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { fixture } from "./fixtures.ts";
import { withoutGroupLinks, withoutTcx, withoutXdpLinks } from "./older-kernels.ts";
import { main, removeGroup, Target, Variables } from "./scenario.ts";

const PEER = "192.0.2.2";

/** Attaches one program, does something, and says how often it ran while it was attached, and after. */
async function counting(
  program: string,
  place: number,
  options: AttachOptions,
  act: () => unknown,
  engine: LinuxEngine | undefined = undefined,
) {
  await using opened = engine ?? (await openLinux());
  await using collection = await opened.load(fixture("network"), { programs: [program] });
  const variables = new Variables(collection);
  const link = await collection.programs[program]?.attach(options);
  const answer = await act();
  const ran = variables.hits(place) > 0;
  await link?.detach();
  // Others' packets (of IPv6's neighbours) may have come until then.
  const hits = variables.hits(place);
  await act();
  return { ran, after: variables.hits(place) - hits, description: link?.description, answer };
}

/** Datagrams in both directions, to a port where nobody listens. Answers would say so, but a kernel gives few of them a second. */
async function ping(): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  for (let count = 0; count < 3; count++) {
    await new Promise((resolve) => socket.send("hello", 9, PEER, resolve));
  }
  socket.close();
  sendFromPeer("192.0.2.1");
}
const onVeth =
  (program: string, place: number, options: AttachOptions = {}) =>
  () =>
    counting(program, place, { interface: "veth0", ...options }, ping);

/** A control group of this process's, with a target in it; gone afterwards. */
async function inGroup(program: string, place: number, act: (target: Target) => Promise<unknown>, engine?: LinuxEngine) {
  const root = cgroupRoot({ facts: MACHINE } as Parameters<typeof cgroupRoot>[0]);
  const name = `skep-test-${process.pid}`;
  const folder = `${root}/${name}`;
  mkdirSync(folder);
  try {
    await using target = await Target.start();
    writeFileSync(`${folder}/cgroup.procs`, String(target.pid));
    const counted = await counting(program, place, { cgroup: `/${name}` }, () => act(target), engine);
    return { ...counted, description: counted.description?.replace(name, "GROUP") };
  } finally {
    await removeGroup(folder);
  }
}

/** The other host of the laboratory, which sends to this one. */
function fromPeer(...command: readonly string[]): void {
  const { status, stderr } = spawnSync("nsenter", [`--net=/run/netns/${process.env["SKEP_PEER"]}`, ...command], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}
const sendFromPeer = (address: string) => fromPeer("bash", "-c", `echo hello > /dev/udp/${address}/9`);

/** A program on a route that leads through this host. */
const onRoute = (program: string, place: number, act: () => unknown) => () => {
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  return counting(program, place, { interface: "veth0", route: { to: "198.51.100.0/24", via: PEER } }, act);
};
const routed = async () => {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.send("hello", 9, "198.51.100.1", resolve));
  socket.close();
};
const routes = (family: string) => spawnSync("ip", [family, "route", "show"], { encoding: "utf8" }).stdout.split("\n").length;

const xdpThere = () => spawnSync("ip", ["-d", "link", "show", "dev", "veth0"], { encoding: "utf8" }).stdout.includes("prog/xdp");

const qdiscs = () => spawnSync("tc", ["qdisc", "show", "dev", "veth0"], { encoding: "utf8" }).stdout.includes("clsact");
const filters = (direction: string) =>
  spawnSync("tc", ["filter", "show", "dev", "veth0", direction], { encoding: "utf8" }).stdout.match(/bpf .*on_tc/g)?.length ?? 0;

const scenarios: Record<string, () => Promise<unknown>> = {
  tc: onVeth("on_tc", 0),
  "tc egress": onVeth("on_tc", 0, { direction: "egress" }),
  "tcx ingress": onVeth("on_ingress", 1),
  "tcx egress": onVeth("on_egress", 2),
  "socket filter": onVeth("on_socket", 3),
  netfilter: () => counting("on_netfilter", 4, { netfilter: { family: "ipv4", hook: "output", priority: -10 } }, ping),
  sk_lookup: async () => {
    await using target = await Target.start();
    return await counting("on_lookup", 5, {}, () => target.do("tcp 0"));
  },
  flow_dissector: async () => {
    const { description } = await counting("on_flow", 6, {}, ping);
    return description;
  },
  sk_reuseport: async () => {
    const socket = createSocket({ type: "udp4", reusePort: true }).bind(0, "127.0.0.1");
    await once(socket, "listening");
    // Node keeps the descriptor of a socket to itself, where everybody looks for it.
    const fd = (socket as unknown as Record<symbol, { handle: { fd: number } }>)[
      Object.getOwnPropertySymbols(socket).find(({ description }) => description === "state symbol") as symbol
    ]?.handle.fd;
    const { description, ...rest } = await counting("on_reuseport", 7, { socket: fd as number }, async () => {
      socket.send("hello", socket.address().port, "127.0.0.1");
      await once(socket, "message");
    });
    socket.close();
    return { ...rest, description: description?.replace(/\d+/, "N") };
  },
  "order of tc programs": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("network"), { programs: ["on_tc", "on_ingress", "on_egress"] });
    const { on_tc, on_ingress, on_egress } = collection.programs;
    const where = { interface: "veth0", direction: "egress" } as const;
    // The first that decides ends it: on_tc says 0, which is "pass".
    const variables = new Variables(collection);
    const one = (await on_tc?.attach({ ...where })) as Link;
    const other = (await on_ingress?.attach({ ...where, position: "first" })) as Link;
    await ping();
    const first = [variables.hits(0) > 0, variables.hits(1) > 0];
    await other.detach();
    const behind = (await on_ingress?.attach({ ...where, position: { after: one } })) as Link;
    const before = variables.hits(1);
    await ping();
    const second = variables.hits(1) - before;
    await behind.update(on_egress as NonNullable<typeof on_egress>);
    await one.detach();
    await ping();
    return { first, second, updated: variables.hits(2) > 0 };
  },
  "tc without tcx": async () => {
    const engine = new LinuxEngine(withoutTcx(await openNative()), MACHINE);
    await using collection = await engine.load(fixture("network"), { programs: ["on_tc", "on_ingress"] });
    const variables = new Variables(collection);
    const { on_tc, on_ingress } = collection.programs;
    const one = (await on_tc?.attach({ interface: "veth0", direction: "egress" })) as Link;
    const two = (await on_tc?.attach({ interface: "veth0" })) as Link;
    const there = [qdiscs(), filters("ingress"), filters("egress")];
    await ping();
    const ran = variables.hits(0) > 0;
    await one.update(on_ingress as NonNullable<typeof on_ingress>);
    await ping();
    const replaced = variables.hits(1) > 0;
    await one.detach();
    const between = [qdiscs(), filters("egress"), filters("ingress") + 1];
    await two.detach();
    return { description: one.description, there, ran, replaced, between, after: qdiscs() };
  },
  lwt_in: () => {
    fromPeer("ip", "route", "replace", "198.51.100.0/24", "via", "192.0.2.1");
    return onRoute("on_route_in", 27, () => sendFromPeer("198.51.100.1"))();
  },
  lwt_out: onRoute("on_route_out", 28, routed),
  lwt_xmit: onRoute("on_route_xmit", 29, routed),
  lwt_seg6local: async () => {
    for (const name of ["all", "veth0"]) {
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/seg6_enabled`, "1");
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/forwarding`, "1");
    }
    // Packets to 2001:db8:2:: go along a path whose first segment is here.
    fromPeer("ip", "-6", "route", "replace", "2001:db8:1::/64", "via", "2001:db8::1");
    const path = ["encap", "seg6", "mode", "encap", "segs", "2001:db8:1::1,2001:db8:2::1", "dev", "veth0"];
    fromPeer("ip", "-6", "route", "replace", "2001:db8:2::/64", ...path);
    const options = { interface: "veth0", route: { to: "2001:db8:1::1" } };
    return counting("on_segment", 30, options, () => sendFromPeer("2001:db8:2::1"));
  },
  "a route and its program": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("network"), { programs: ["on_route_xmit", "on_route_out"] });
    const { on_route_xmit, on_route_out } = collection.programs;
    const options = { interface: "veth0", route: { to: "203.0.113.0/24" } };
    const before = routes("-4");
    const link = (await on_route_xmit?.attach(options)) as Link;
    const there = routes("-4") - before;
    const twice = await on_route_out?.attach(options).catch((error: Error) => error.message);
    await link.update(on_route_xmit as NonNullable<typeof on_route_xmit>);
    await link.detach();
    return { there, twice, after: routes("-4") - before };
  },
  "a control group without links": async () => {
    const engine = new LinuxEngine(withoutGroupLinks(await openNative()), { ...MACHINE, release: "5.6.0" });
    return inGroup("on_connect", 13, (target) => target.do("tcp 0"), engine);
  },
  "XDP without links": async () => {
    const engine = new LinuxEngine(withoutXdpLinks(await openNative()), { ...MACHINE, release: "5.8.0" });
    const act = () => sendFromPeer("192.0.2.1");
    const counted = await counting("on_xdp", 23, { interface: "veth0" }, act, engine);
    await using again = new LinuxEngine(withoutXdpLinks(await openNative()), { ...MACHINE, release: "5.8.0" });
    await using collection = await again.load(fixture("network"), { programs: ["on_xdp"] });
    const link = (await collection.programs["on_xdp"]?.attach({ interface: "veth0", mode: "generic" })) as Link;
    const there = xdpThere();
    const twice = await collection.programs["on_xdp"]?.attach({ interface: "veth0" }).catch((error: Error) => error.message);
    await link.update(collection.programs["on_xdp"] as NonNullable<(typeof collection.programs)[string]>);
    await link.detach();
    return { ...counted, there, twice, gone: !xdpThere() };
  },
  "a syscall program": async () => {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("network"), { programs: ["on_call"] });
    const context = new Uint8Array(8).fill(0).fill(7, 0, 1);
    const first = collection.programs["on_call"]?.run({ context });
    const second = collection.programs["on_call"]?.run({ context });
    return [first?.verdict, first?.context?.[0], second?.context?.[0]];
  },
};

for (const [name, program, place, action] of [
  ["cgroup_skb/ingress", "on_in", 8, "udp 0"],
  ["cgroup_skb/egress", "on_out", 9, "udp 0"],
  ["cgroup/sock_create", "on_create", 10, "udp 0"],
  ["cgroup/post_bind4", "on_post_bind", 11, "udp 0"],
  ["cgroup/bind4", "on_bind", 12, "udp 0"],
  ["cgroup/connect4", "on_connect", 13, "tcp 0"],
  ["cgroup/sendmsg4", "on_send", 14, "udp 0"],
  ["cgroup/getsockname4", "on_name", 15, "udp 0"],
  ["cgroup/sysctl", "on_sysctl", 16, "read /proc/sys/kernel/ostype"],
  ["cgroup/dev", "on_device", 17, "open /dev/zero"],
  ["cgroup/getsockopt", "on_getsockopt", 18, "udp 0"],
  ["cgroup/setsockopt", "on_setsockopt", 19, "udp 0"],
  ["sockops", "on_sockops", 20, "tcp 0"],
  ["cgroup/connect_unix", "on_unix", 21, `unix /tmp/skep-${process.pid}.sock`],
] as const) {
  scenarios[name] = () => inGroup(program, place, (target) => target.do(action));
}

await main(scenarios);
