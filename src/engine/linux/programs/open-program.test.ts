import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LinuxEngine } from "../engine.ts";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { telling } from "../fixtures/fake-objects.ts";
import { PROGRAM_INFO } from "../objects/info-layouts.ts";
import { ERRNO } from "../sys/system-error.ts";

/** A kernel in which every program is one of this type and name. */
const having = (type: number, name: string): FakeKernel =>
  new FakeKernel()
    .on("prog_get_fd_by_id", () => 200)
    .on("obj_get_info_by_fd", telling(PROGRAM_INFO, { u32: { type }, text: { name } }));

describe("a program of somebody else's", () => {
  for (const [place, type, expected] of [
    [{ path: "/sys/fs/bpf/x" }, 6, { name: "drop", section: "xdp", type: "xdp", attachType: "xdp" }],
    [{ id: 12 }, 3, { name: "drop", section: "tc", type: "sched_cls", attachType: null }],
    [{ id: 12 }, 31, { name: "drop", section: "syscall", type: "syscall", attachType: null }],
    [{ id: 12 }, 18, { name: "drop", section: "", type: "cgroup_sock_addr", attachType: null }],
    [
      { id: 12, section: "cgroup/connect6" },
      18,
      { name: "drop", section: "cgroup/connect6", type: "cgroup_sock_addr", attachType: "cgroup_inet6_connect" },
    ],
    [
      { id: 12, section: "tracepoint/sched/sched_switch" },
      5,
      {
        name: "drop",
        section: "tracepoint/sched/sched_switch",
        type: "tracepoint",
        attachType: null,
        target: "sched/sched_switch",
      },
    ],
    [{ id: 12 }, 9999, { name: "drop", section: "", type: "unspec", attachType: null }],
  ] as const) {
    test(`of type ${type}, ${JSON.stringify(place)}`, async () => {
      await using engine = new LinuxEngine(having(type, "drop"), fakeFacts());
      const { spec } = await engine.openProgram(place);
      const { code, relocations, functions, lines, ...rest } = spec;
      assert.deepEqual(rest, expected);
      assert.deepEqual([code.length, relocations, functions, lines], [0, [], [], []]);
    });
  }

  test("is closed with its engine, or before", async () => {
    const kernel = having(6, "drop");
    {
      await using engine = new LinuxEngine(kernel, fakeFacts());
      const program = await engine.openProgram({ path: "/sys/fs/bpf/x" });
      assert.deepEqual(engine.descriptors, [`${program.fd}: program pinned at /sys/fs/bpf/x`]);
      await engine.openProgram({ path: "/sys/fs/bpf/y" });
      await program[Symbol.asyncDispose]();
      assert.equal(engine.descriptors.length, 1);
    }
    assert.equal(kernel.descriptors.size, 0);
  });

  test("that could be attached in several ways is not, as long as nobody says in which", async () => {
    const kernel = having(18, "drop");
    await using engine = new LinuxEngine(kernel, fakeFacts());
    const program = await engine.openProgram({ id: 12 });
    await assert.rejects(program.attach({ cgroup: "/web" }), {
      name: "AttachError",
      message: /kernels do not tell where a cgroup_sock_addr program is attached; open it with its section/,
    });
    assert.deepEqual(kernel.callsOf("link_create"), []);
  });

  test("a section of another type", async () => {
    const kernel = having(6, "drop");
    await using engine = new LinuxEngine(kernel, fakeFacts());
    await assert.rejects(engine.openProgram({ path: "/sys/fs/bpf/x", section: "tc" }), {
      name: "AttachError",
      message: "program drop: it is of type xdp, and tc is for sched_cls",
    });
    assert.equal(kernel.descriptors.size, 0, "its descriptor is closed again");
  });

  test("there is none, or not for this process", async () => {
    const none = new LinuxEngine(new FakeKernel().failing("prog_get_fd_by_id", "ENOENT"), fakeFacts());
    await assert.rejects(none.openProgram({ id: 12 }), { name: "NotFoundError", message: "there is no program 12" });
    const facts = fakeFacts({ "/proc/self/status": "CapEff:\t0000008000000000" });
    const refused = new LinuxEngine(new FakeKernel().failing("prog_get_fd_by_id", "EPERM"), facts);
    await assert.rejects(refused.openProgram({ id: 12 }), { name: "PrivilegeError", message: /CAP_SYS_ADMIN/ });
    const other = new LinuxEngine(
      new FakeKernel().on("prog_get_fd_by_id", () => -ERRNO.ENOMEM),
      fakeFacts(),
    );
    await assert.rejects(other.openProgram({ id: 12 }), { name: "SystemError" });
  });
});
