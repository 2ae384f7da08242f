/** Links in the kernel: what it tells of them, names, and their places. In a network namespace and with mounts of our own. See scenario.ts. */

import { createSocket } from "node:dgram";
import { mkdirSync, readlinkSync } from "node:fs";
import type { AttachOptions, Link, LinkInfo, Program } from "../../src/engine/engine.ts";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { type LinuxEngine, openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { Request } from "../../src/engine/linux/request.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { ATTACH_TYPE } from "../../src/uapi/attach-types.ts";
import { fixture } from "./fixtures.ts";
import { bpftool, main, removeGroup, Variables } from "./scenario.ts";

const PIN = "/sys/fs/bpf/skep/link";
const inode = (path: string) => Number(/\d+/.exec(readlinkSync(path))?.[0]);

async function load(engine: LinuxEngine, object: string, programs: readonly string[]) {
  const collection = await engine.load(fixture(object), { programs });
  const program = (name: string): Program => {
    const found = collection.programs[name];
    if (found === undefined) throw new RangeError(`no program ${name}`);
    return found;
  };
  return { collection, program };
}

/** What leaves by veth0, once. */
async function send(): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.send("hello", 9, "192.0.2.2", resolve));
  socket.close();
}

/** How often the programs of a hook were exchanged. */
async function revision(ifindex: number): Promise<bigint> {
  const transport = await openNative();
  const request = new Request(transport, "prog_query").u32("target_ifindex", ifindex).u32("attach_type", ATTACH_TYPE.tcx_egress);
  if (request.send() < 0) throw new Error("the kernel does not list tcx programs");
  return request.read64("revision");
}

/** Numbers of the programs that run when a process of a group connects, in their order. */
async function programsOf(folder: string): Promise<number[]> {
  const transport = await openNative();
  const fd = transport.open(folder);
  const ids = new Uint8Array(16 * 4);
  const request = new Request(transport, "prog_query")
    .u32("target_fd", fd)
    .u32("attach_type", ATTACH_TYPE.cgroup_inet4_connect)
    .u32("count", 16)
    .pointer("prog_ids", ids);
  const result = request.send();
  transport.close(fd);
  if (result < 0) throw request.error(result);
  return [...new Uint32Array(ids.buffer)].slice(0, request.read("count"));
}

await main({
  info: async () => {
    await using engine = await openLinux();
    const network = await load(engine, "network", ["on_egress", "on_netfilter", "on_lookup"]);
    const tracing = await load(engine, "tracing", ["on_tracepoint", "on_raw", "on_btf", "on_entry", "on_many", "on_sample"]);
    const of = async (program: Program, options: AttachOptions = {}) => {
      const link = await program.attach(options);
      const info = (await link.info?.()) as LinkInfo;
      const theirs = bpftool("link", "show", "id", String(info.id));
      await link.detach();
      return { info, sameProgram: theirs["prog_id"] === info.program, theirs: theirs["type"] };
    };
    const { program } = network;
    const events = tracing.program;
    const results = {
      tcx: await of(program("on_egress"), { interface: "veth0" }),
      netfilter: await of(program("on_netfilter"), { netfilter: { family: "ipv4", hook: "output", priority: -10 } }),
      netns: await of(program("on_lookup")),
      tracepoint: await of(events("on_tracepoint"), { cookie: 7 }),
      raw: await of(events("on_raw")),
      btf: await of(events("on_btf")),
      uprobe: await of(events("on_entry"), { cookie: 8 }),
      many: await of(events("on_many"), { cookie: 9 }),
      sample: await of(events("on_sample"), { cpu: 0, event: "context-switches" }),
    };
    return { results, namespace: inode("/proc/thread-self/ns/net") };
  },
  pin: async () => {
    const answers: unknown[] = [];
    {
      await using engine = await openLinux();
      const { program } = await load(engine, "network", ["on_egress"]);
      const link = await program("on_egress").attach({ interface: "veth0" });
      await link.pin?.(PIN);
    }
    // The engine is gone, and the link is not.
    await using engine = await openLinux();
    const { collection, program } = await load(engine, "network", ["on_tc", "on_ingress"]);
    const link = await engine.openLink({ path: PIN });
    answers.push(link.description.replace(/\d+$/, "N"));
    const info = await link.info();
    answers.push(info?.type, info?.program === 0);
    await link.update(program("on_ingress"));
    await send();
    const variables = new Variables(collection);
    answers.push(variables.hits(1) > 0);
    // Only if that one is there.
    answers.push(
      await link
        .update(program("on_tc"), { expected: program("on_tc") })
        .catch((error: Error) => error.message.replace(/\d+/, "N")),
    );
    await link.update(program("on_tc"), { expected: program("on_ingress") });
    await send();
    answers.push(variables.hits(0) > 0);
    const { id } = link;
    const other = await engine.openLink({ id });
    await link.detach();
    const seen = variables.hits(0);
    await send();
    answers.push(variables.hits(0) - seen);
    answers.push(await engine.openLink({ path: PIN }).catch((error: { code: string }) => error.code));
    // The other descriptor holds a link that is attached nowhere.
    answers.push(((await other.info()) as { interface: number }).interface);
    await other[Symbol.asyncDispose]();
    return answers;
  },
  "pin of a tracing program": async () => {
    await using engine = await openLinux();
    const { collection, program } = await load(engine, "tracing", ["on_btf"]);
    const variables = new Variables(collection);
    variables.set("watched", process.pid);
    const link = await program("on_btf").attach();
    await link.pin?.(PIN);
    await link[Symbol.asyncDispose]();
    process.ppid;
    const during = variables.hits(2);
    const again = await engine.openLink({ path: PIN });
    await again.detach();
    process.ppid;
    const left = variables.hits(2);
    process.ppid;
    return [again.description.replace(/\d+/, "N"), during > 0, variables.hits(2) - left];
  },
  "order in a control group": async () => {
    const folder = `${cgroupRoot({ facts: MACHINE })}/skep-order-${process.pid}`;
    mkdirSync(folder);
    try {
      await using engine = await openLinux();
      const programs = [];
      for (let count = 0; count < 3; count++)
        programs.push((await load(engine, "network", ["on_connect"])).program("on_connect"));
      const [one, two, three] = programs as [Program, Program, Program];
      const last = (await one.attach({ cgroup: folder })) as Link;
      const first = (await two.attach({ cgroup: folder, position: "first" })) as Link;
      const between = (await three.attach({ cgroup: folder, position: { before: last } })) as Link;
      const wanted = [];
      for (const link of [first, between, last]) wanted.push((await link.info?.())?.program);
      const found = await programsOf(folder);
      for (const link of [first, between, last]) await link.detach();
      return {
        same: JSON.stringify(found) === JSON.stringify(wanted),
        count: found.length,
        after: (await programsOf(folder)).length,
      };
    } finally {
      await removeGroup(folder);
    }
  },
  revision: async () => {
    await using engine = await openLinux();
    const { program } = await load(engine, "network", ["on_tc", "on_ingress", "on_egress"]);
    const where = { interface: "veth0", direction: "egress" } as const;
    const one = (await program("on_egress").attach(where)) as Link;
    const info = (await one.info?.()) as { interface: number };
    const now = await revision(info.interface);
    const two = await program("on_ingress").attach({ ...where, position: "first", revision: now });
    const stale = await program("on_tc")
      .attach({ ...where, revision: now })
      .catch((error: Error) => error.message);
    const after = await revision(info.interface);
    await two.detach();
    await one.detach();
    return { moved: after - now, stale };
  },
});
