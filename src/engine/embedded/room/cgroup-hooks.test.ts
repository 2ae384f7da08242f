/** Programs at control groups: what a process may do, and what becomes of its calls. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ipv4 as address } from "../../../btf/addresses.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../../packets/index.ts";
import { SOCK_ADDR, SOCK_OPS, SOCKOPT } from "../../../uapi/contexts/cgroup.ts";
import { readContext } from "../../context-input.ts";
import { openEmbedded } from "../engine.ts";
import { netSpec, type ProgramText } from "../fixtures/net-spec.ts";

const DENY = "r0 = 0\nexit";
const ALLOW = "r0 = 1\nexit";
const connect = (text: string): ProgramText => ({ type: "cgroup_sock_addr", attachType: "cgroup_inet4_connect", text });

async function open(programs: Readonly<Record<string, ProgramText>>) {
  const engine = openEmbedded({ unsafe: true, execution: "interpreter" });
  const { programs: loaded } = await engine.load(netSpec(programs));
  return { engine, attach: (name: string, cgroup: string, more = {}) => loaded[name]!.attach({ cgroup, ...more }), loaded };
}

describe("connect4", () => {
  test("sends a call elsewhere: the context is what the programs made of it", async () => {
    const { engine, attach } = await open({
      elsewhere: connect(`w2 = ${address("192.0.2.9") | 0}\n*(u32 *)(r1 + 4) = r2\nr0 = 1\nexit`),
    });
    await attach("elsewhere", "/web");
    const call = { context: { user_family: 2, user_ip4: address("10.0.0.1"), user_port: 0x5000 } };
    const { retval, context } = engine.groups.run("/web/api", "cgroup_inet4_connect", call);
    assert.equal(retval, 0);
    assert.equal(readContext(SOCK_ADDR, context, "user_ip4"), address("192.0.2.9"));
    assert.equal(readContext(SOCK_ADDR, context, "user_port"), 0x5000);
    assert.equal(engine.groups.run("/other", "cgroup_inet4_connect", call).context.length, 0, "nobody decides there");
  });

  test("one refusal is enough: EPERM, or what the program says", async () => {
    const { engine, attach } = await open({
      allow: connect(ALLOW),
      deny: connect(DENY),
      unreachable: connect("w1 = -113\ncall bpf_set_retval\nr0 = 0\nexit"),
      asks: connect("call bpf_get_retval\nr1 = r0\nr0 = 1\nif w1 == -1 goto done\nr0 = 0\ndone:\nexit"),
    });
    const run = () => engine.groups.run("/web", "cgroup_inet4_connect").retval;
    await attach("allow", "/web");
    assert.equal(run(), 0);
    const denial = await attach("deny", "/");
    assert.equal(run(), -1, "programs of the groups above decide, too");
    await denial.detach();
    assert.equal(run(), 0);
    await attach("unreachable", "/web");
    assert.equal(run(), -113);
  });

  test("all of them run, the group's own first", async () => {
    const mark = (digit: number): ProgramText =>
      connect(`r2 = *(u32 *)(r1 + 24)\nr2 *= 10\nr2 += ${digit}\n*(u32 *)(r1 + 24) = r2\nr0 = ${digit & 1}\nexit`);
    const { engine, attach } = await open({ one: mark(1), two: mark(2), three: mark(3), four: mark(4) });
    await attach("four", "/");
    const two = await attach("two", "/a/b");
    await attach("one", "/a/b", { position: { before: two } });
    await attach("three", "/a");
    const { context, retval } = engine.groups.run("/a/b", "cgroup_inet4_connect");
    assert.equal(readContext(SOCK_ADDR, context, "user_port"), 1234);
    assert.equal(retval, -1);
  });

  test("may not write what the kernel does not let it write", async () => {
    const { loaded } = await open({ family: connect("r2 = 10\n*(u32 *)(r1 + 0) = r2\nr0 = 1\nexit") });
    assert.throws(() => loaded["family"]!.run(), {
      name: "FaultError",
      message: /writes 4 bytes at context\+0: programs of this type may not write that there/,
    });
  });

  test("finds its socket behind the context", async () => {
    const { loaded } = await open({ type: connect("r1 = *(u64 *)(r1 + 64)\nr0 = *(u32 *)(r1 + 8)\nexit") });
    assert.equal(loaded["type"]!.run({ context: { type: 2 } }).verdict, 2);
  });
});

describe("other calls", () => {
  test("getsockopt: what the kernel returned can be changed, and the value", async () => {
    const { engine, attach } = await open({
      zero: {
        type: "cgroup_sockopt",
        attachType: "cgroup_getsockopt",
        text: `
          r2 = *(u64 *)(r1 + 8)
          r3 = *(u64 *)(r1 + 16)
          r4 = r2
          r4 += 4
          r0 = 0
          if r4 > r3 goto out
          r5 = 7
          *(u32 *)(r2 + 0) = r5
          r1 = 0
          call bpf_set_retval
          r0 = 1
        out:
          exit`,
      },
    });
    await attach("zero", "/web");
    const value = new Uint8Array([1, 2, 3, 4]);
    const made = engine.groups.run("/web", "cgroup_getsockopt", { context: { optname: 3, optlen: 4 }, data: value, retval: -92 });
    assert.deepEqual([made.retval, [...made.data]], [0, [7, 0, 0, 0]]);
    assert.equal(readContext(SOCKOPT, made.context, "optname"), 3);
    const short = engine.groups.run("/web", "cgroup_getsockopt", { data: value.subarray(0, 2), retval: -92 });
    assert.equal(short.retval, -92, "an error of the kernel's stays one");
  });

  test("sysctl: the name, the value and what is written", async () => {
    const { engine, attach } = await open({
      setting: {
        type: "cgroup_sysctl",
        attachType: "cgroup_sysctl",
        text: `
          r6 = r1
          r2 = r10
          r2 += -16
          r3 = 16
          r4 = 1
          call bpf_sysctl_get_name
          r7 = r0
          r1 = r6
          r2 = r10
          r2 += -16
          r3 = 2
          call bpf_sysctl_get_new_value
          if w0 != -7 goto deny
          w2 = 0x39
          *(u8 *)(r10 - 16) = r2
          r1 = r6
          r2 = r10
          r2 += -16
          r3 = 1
          call bpf_sysctl_set_new_value
          if w7 != 10 goto deny
          r0 = 1
          exit
        deny:
          r0 = 0
          exit`,
      },
    });
    await attach("setting", "/");
    const write = { context: { write: 1, name: "net/ipv4/ip_forward", value: "0\n", newValue: "1\n" } };
    assert.deepEqual(engine.groups.run("/x", "cgroup_sysctl", write).newValue, "9");
    assert.equal(engine.groups.run("/x", "cgroup_sysctl", write).retval, 0);
    const other = { context: { write: 1, name: "kernel/pid_max", value: "0\n", newValue: "1\n" } };
    assert.equal(engine.groups.run("/x", "cgroup_sysctl", other).retval, -1);
    assert.equal(engine.groups.run("/x", "cgroup_sysctl", { context: { name: "net/ipv4/ip_forward" } }).retval, -1);
  });

  test("sysctl: the value as it is", async () => {
    const text = (size: number) =>
      `r2 = r10\n r2 += -16\n r3 = ${size}\n call bpf_sysctl_get_current_value\n r6 = r0\n r7 = *(u8 *)(r10 - 16)\n`;
    const { engine, attach } = await open({
      // "64", its line end and room for the NUL: three characters, the first a six.
      whole: {
        type: "cgroup_sysctl",
        attachType: "cgroup_sysctl",
        text: `${text(8)} r0 = 0\n if w6 != 3 goto out\n if r7 != 0x36 goto out\n r0 = 1\n out:\n exit`,
      },
      cut: {
        type: "cgroup_sysctl",
        attachType: "cgroup_sysctl",
        text: `${text(2)} r0 = 0\n if w6 != -7 goto out\n if r7 != 0x36 goto out\n r0 = 1\n out:\n exit`,
      },
    });
    await attach("whole", "/a");
    await attach("cut", "/b");
    const read = { context: { name: "net/ipv4/ip_default_ttl", value: "64\n" } };
    assert.equal(engine.groups.run("/a", "cgroup_sysctl", read).retval, 0);
    assert.equal(engine.groups.run("/b", "cgroup_sysctl", read).retval, 0, "-E2BIG: what fits is there");
    assert.equal(engine.groups.run("/a", "cgroup_sysctl", { context: { name: "net/x" } }).retval, -1, "no value");
  });

  test("devices", async () => {
    const { engine, attach } = await open({
      null_only: {
        type: "cgroup_device",
        text: "r2 = *(u32 *)(r1 + 4)\nr0 = 0\nif r2 != 1 goto out\nr0 = 1\nout:\nexit",
      },
    });
    await attach("null_only", "/box");
    assert.equal(engine.groups.run("/box", "cgroup_device", { context: { access_type: 0x60002, major: 1, minor: 3 } }).retval, 0);
    assert.equal(engine.groups.run("/box", "cgroup_device", { context: { access_type: 0x60001, major: 8 } }).retval, -1);
  });

  test("sk_lookup and others without a place run by themselves, and say that there is none", async () => {
    const { loaded } = await open({
      lookup: { type: "sk_lookup", attachType: "sk_lookup", text: "r0 = *(u32 *)(r1 + 60)\nexit" },
    });
    assert.equal(loaded["lookup"]!.run({ context: { local_port: 443 } }).verdict, 443);
    await assert.rejects(loaded["lookup"]!.attach({}), {
      name: "AttachError",
      message: /has no sockets to attach sk_lookup programs to; run\(\) gives one a context/,
    });
  });
});

describe("packets of a group", () => {
  test("pass when every program lets them", async () => {
    const port: ProgramText = {
      type: "cgroup_skb",
      attachType: "cgroup_inet_egress",
      // Not to port 53: behind the IPv4 header, where programs of this type see packets begin.
      text: "r6 = r1\nr0 = *(u16 *)skb[22]\nr2 = r0\nr0 = 1\nif r2 != 53 goto out\nr0 = 0\nout:\nexit",
    };
    const { engine, attach } = await open({ port });
    const link = await attach("port", "/web");
    const to = (destinationPort: number) => packet(ethernet(), ipv4(), udp({ destinationPort }), padding());
    assert.equal(engine.groups.filter("/web", "egress", to(80)), true);
    assert.equal(engine.groups.filter("/web", "egress", to(53)), false);
    assert.equal(engine.groups.filter("/web", "ingress", to(53)), true);
    await link.detach();
    assert.equal(engine.groups.filter("/web", "egress", to(53)), true);
  });
});

describe("a socket filter listens", () => {
  test("before tc, and keeps as many bytes as it returns", async () => {
    const engine = openEmbedded({ unsafe: true });
    const device = engine.addDevice("eth0");
    const { programs } = await engine.load(
      netSpec({
        head: {
          type: "socket_filter",
          text: "r6 = r1\nr0 = *(u16 *)skb[12]\nif r0 == 0x800 goto keep\nr0 = 0\nexit\nkeep:\nr0 = 34\nexit",
        },
        drop: { type: "sched_cls", text: "r0 = 2\nexit" },
      }),
    );
    const kept: number[] = [];
    device.onCapture((packet) => kept.push(packet.length));
    await programs["head"]!.attach({ interface: "eth0" });
    assert.equal(device.receive(packet(ethernet(), ipv4(), udp(), padding())), 34);
    assert.equal(device.decidedBy, "socket");
    assert.equal(device.receive(packet(ethernet({ type: 0x86dd }), padding())), 0);
    await programs["drop"]!.attach({ interface: "eth0" });
    assert.equal(device.receive(packet(ethernet(), ipv4(), udp(), padding())), 2);
    assert.equal(device.decidedBy, "ingress");
    device.send(packet(ethernet(), ipv4(), udp(), padding()));
    assert.deepEqual(kept, [34, 34, 34]);
  });
});

describe("sockops", () => {
  const connection = { family: 2, remote_ip4: 0x0100_007f, remote_port: 0x5000, local_port: 40_000 };

  test("says what it wants to be told of: the flags are in the context, those that there are not come back", async () => {
    const { engine, attach } = await open({
      asks: { type: "sock_ops", text: "r2 = 0x107\ncall bpf_sock_ops_cb_flags_set\nexit" },
    });
    await attach("asks", "/web");
    const run = (is_fullsock: number) =>
      engine.groups.run("/web", "cgroup_sock_ops", { context: { ...connection, is_fullsock } });
    assert.equal(readContext(SOCK_OPS, run(1).context, "bpf_sock_ops_cb_flags"), 7);
    assert.equal(readContext(SOCK_OPS, run(0).context, "bpf_sock_ops_cb_flags"), 0, "a request socket has none");
  });

  test("a connection has one cookie, another one another", async () => {
    const { loaded } = await open({ low: { type: "sock_ops", text: "call bpf_get_socket_cookie\nexit" } });
    const cookie = (more = {}) => loaded["low"]!.run({ context: { ...connection, ...more } }).verdict;
    assert.equal(cookie({ op: 4, srtt_us: 800 }), cookie({ op: 12 }));
    const others = [{ local_port: 40_001 }, { remote_port: 0x5100 }, { remote_ip4: 0x0200_007f }, { family: 10 }];
    assert.equal(new Set([cookie(), ...others.map(cookie)]).size, 5);
  });
});
