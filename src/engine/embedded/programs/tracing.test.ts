/** Programs on events: attaching by name, what their contexts are, and what they learn of who runs. Both executions. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "../clock.ts";
import { type EmbeddedOptions, openEmbedded } from "../engine.ts";
import { eventSpec, outMap } from "./fixtures/assembled.ts";

const SWITCH = `name: sched_switch
ID: 308
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t prev_pid;	offset:24;	size:4;	signed:1;
	field:int prev_prio;	offset:28;	size:4;	signed:1;
	field:__data_loc char[] note;	offset:32;	size:4;	signed:0;

print fmt: "prev_comm=%s", REC->prev_comm
`;

for (const execution of ["interpreter", "jit"] as const) {
  describe(`programs on events, ${execution}`, () => {
    const open = (options: EmbeddedOptions = {}) =>
      openEmbedded({ unsafe: true, execution, memory: 4 << 20, clock: virtualClock(), ...options });

    /** Runs one program on one context. */
    async function run(
      section: string,
      text: string,
      context: Parameters<ReturnType<typeof open>["emit"]>[1] = {},
      options: EmbeddedOptions = {},
    ) {
      await using engine = open(options);
      await using collection = await engine.load(eventSpec({ main: [section, text] }));
      const { verdict } = collection.programs["main"]!.run({ context });
      return verdict;
    }

    for (const { title, section, text, context, result } of [
      {
        title: "a system call's arguments, as in tracefs",
        section: "tracepoint/syscalls/sys_enter_openat",
        text: "r0 = *(u64 *)(r1 + 24)\n r1 = *(u32 *)(r1 + 8)\n r0 += r1\n exit",
        context: { __syscall_nr: 257, arg1: 1000 },
        result: 1257,
      },
      {
        title: "a raw tracepoint's arguments; those that it does not have are 0",
        section: "raw_tp/sys_enter",
        text: "r0 = *(u64 *)(r1 + 8)\n r2 = *(u64 *)(r1 + 16)\n r0 += r2\n exit",
        context: { args: [1n, "0x10"] },
        result: 16,
      },
      {
        title: "a function's arguments, then its result",
        section: "fexit/f",
        text: "r0 = *(u64 *)(r1 + 0)\n r2 = *(u64 *)(r1 + 16)\n r0 += r2\n exit",
        context: { args: [1, 2], ret: 40 },
        result: 41,
      },
      {
        title: "registers by calling convention: PT_REGS_PARM2 is si",
        section: "kprobe/f",
        text: "r0 = *(u64 *)(r1 + 104)\n exit",
        context: { args: [1, 7] },
        result: 7,
      },
      {
        title: "registers by name: PT_REGS_RC is ax",
        section: "kretprobe/f",
        text: "r0 = *(u64 *)(r1 + 80)\n exit",
        context: { ax: -2 },
        result: 0xfffffffe,
      },
      {
        title: "a sample's period behind its registers",
        section: "perf_event",
        text: "r0 = *(u64 *)(r1 + 168)\n r2 = *(u64 *)(r1 + 128)\n r0 += r2\n exit",
        context: { sample_period: 10_000, ip: 5 },
        result: 10_005,
      },
    ]) {
      test(`context: ${title}`, async () => assert.equal(await run(section, text, context), result));
    }

    test("a context of arm64", async () => {
      const text = "r0 = *(u64 *)(r1 + 8)\n r2 = *(u64 *)(r1 + 256)\n r0 += r2\n exit";
      const options = { room: { architecture: "arm64" } } as const;
      assert.equal(await run("kprobe/f", text, { args: [1, 2], pc: 40 }, options), 42);
      assert.equal(await run("kprobe/f", text, { x1: 2, ip: 40 }, options), 42);
    });

    test("a format of tracefs says where fields are; text of any length lies behind them", async () => {
      const options = { room: { formats: { "sched/sched_switch": SWITCH } } };
      const section = "tp/sched/sched_switch";
      assert.equal(await run(section, "r0 = *(u32 *)(r1 + 24)\n exit", { prev_pid: 7 }, options), 7);
      assert.equal(await run(section, "r0 = *(u8 *)(r1 + 9)\n exit", { prev_comm: "node" }, options), "o".charCodeAt(0));
      assert.equal(await run(section, "r0 = *(u16 *)(r1 + 0)\n exit", {}, options), 308);
      // __data_loc: length with its NUL in the upper half, place in the lower.
      assert.equal(await run(section, "r0 = *(u32 *)(r1 + 32)\n exit", { note: "hello" }, options), (6 << 16) | 36);
      assert.equal(await run(section, "r0 = *(u8 *)(r1 + 40)\n exit", { note: "hello" }, options), "o".charCodeAt(0));
    });

    test("what a context does not have is refused, with what it has", async () => {
      const exit = "r0 = 0\n exit";
      await assert.rejects(
        run("tracepoint/a/b", exit, { x: 1 }),
        /a\/b: nobody described its fields; give the text of its format file/,
      );
      await assert.rejects(run("raw_tp/x", exit, { pid: 1 }), /the context has no field pid; it has args, ret/);
      await assert.rejects(run("kprobe/x", exit, { rax: 1 }), /the set of registers has no field rax; it has args, ret, r15/);
      await assert.rejects(run("raw_tp/x", exit, { args: ["x"] }), /args\[0\]: expected a whole number of 64 bits, found "x"/);
      await assert.rejects(run("kprobe/x", exit, { args: [1, 2, 3, 4, 5, 6, 7] }), /at most 6 are in registers, found 7/);
    });

    test("a syscall program changes its context; a writable raw tracepoint its buffer", async () => {
      await using engine = open();
      await using collection = await engine.load(
        eventSpec({
          call: ["syscall", "r2 = *(u32 *)(r1 + 0)\n r2 += 1\n *(u32 *)(r1 + 4) = r2\n r0 = 0\n exit"],
          write: ["raw_tp.w/x", "r1 = *(u64 *)(r1 + 0)\n *(u16 *)(r1 + 2) = 7\n r0 = 0\n exit"],
        }),
      );
      const { call, write } = collection.programs;
      assert.deepEqual(
        call!.run({ context: Uint8Array.of(41, 0, 0, 0, 0, 0, 0, 0) }).context,
        Uint8Array.of(41, 0, 0, 0, 42, 0, 0, 0),
      );
      assert.equal(call!.run({ context: new Uint8Array(20_000) }).context?.[4], 1, "more than an event carries");
      assert.deepEqual(write!.run({ context: { args: [new Uint8Array(4)] } }).context, Uint8Array.of(0, 0, 7, 0));
      await assert.rejects(call!.attach({}), /a syscall program is run by whoever wants it, and attached nowhere/);
    });

    test("an event runs what is attached to it, in order, whatever section's spelling it is given in", async () => {
      await using engine = open();
      const push = (digit: number) =>
        `*(u32 *)(r10 - 4) = 0\n r1 = map out\n r2 = r10\n r2 += -4\n call bpf_map_lookup_elem\n if r0 == 0 goto end
         r1 = *(u64 *)(r0 + 0)\n r1 *= 10\n r1 += ${digit}\n *(u64 *)(r0 + 0) = r1\n end: r0 = ${digit}\n exit`;
      await using collection = await engine.load(
        eventSpec(
          {
            first: ["kprobe/tcp_connect", push(1)],
            second: ["kprobe/tcp_connect", push(2)],
            any: ["kprobe.multi/tcp_*", push(3)],
            third: ["raw_tp/sys_enter", push(4)],
          },
          [outMap(1)],
        ),
      );
      const { first, second, any, third } = collection.programs;
      const { out } = collection.maps;
      const read = () => new DataView((out!.get(0) as Uint8Array).buffer).getBigUint64(0, true);
      await using link = await first!.attach({});
      assert.equal(link.description, "kprobe on kprobe/tcp_connect (embedded)");
      await using _second = await second!.attach({ position: { before: link } });
      await using _any = await any!.attach({});
      await using _third = await third!.attach({ event: "raw_tracepoint/sys_exit" });
      assert.deepEqual(engine.emit("kprobe/tcp_connect"), { programs: 3, result: 3, override: null });
      assert.equal(read(), 213n);
      assert.equal(engine.emit("kprobe/tcp_close").programs, 1, "the pattern");
      assert.equal(engine.emit("raw_tp/sys_enter").programs, 0);
      assert.equal(engine.emit("raw_tracepoint/sys_exit").programs, 1);
      assert.equal(read(), 21334n);

      await link.update(second!);
      assert.equal(engine.emit("kprobe/tcp_connect").programs, 3);
      assert.equal(read(), 21334223n);
      await link.detach();
      assert.equal(engine.emit("kprobe/tcp_connect").programs, 2);
      await assert.rejects(link.update(first!), /the link was detached/);
    });

    test("who runs: numbers, name, group, as the event says", async () => {
      await using engine = open({
        room: { processes: [{ pid: 7, tid: 8, uid: 1000, gid: 100, comm: "a-name-that-is-too-long", cgroup: "/web/api" }] },
      });
      const put = (key: number) =>
        `*(u64 *)(r10 - 16) = r0\n *(u32 *)(r10 - 4) = ${key}\n r1 = map out\n r2 = r10\n r2 += -4\n r3 = r10\n r3 += -16\n r4 = 0\n call bpf_map_update_elem\n`;
      await using collection = await engine.load(
        eventSpec(
          {
            main: [
              "raw_tp/x",
              `call bpf_get_current_pid_tgid\n ${put(0)} call bpf_get_current_uid_gid\n ${put(1)} call bpf_get_current_cgroup_id\n ${put(2)}
               r1 = 1\n call bpf_get_current_ancestor_cgroup_id\n ${put(3)} r1 = r10\n r1 += -16\n r2 = 8\n call bpf_get_current_comm\n
               r0 = *(u64 *)(r10 - 16)\n ${put(4)} r1 = 4\n r2 = 0xeffffffc ll\n r3 = r10\n r3 += -24\n r4 = 8\n call bpf_get_ns_current_pid_tgid\n
               r0 = *(u64 *)(r10 - 24)\n ${put(5)} r0 = 0\n exit`,
            ],
          },
          [outMap(6)],
        ),
      );
      await using _link = await collection.programs["main"]!.attach({});
      const read = (key: number) => new DataView((collection.maps["out"]!.get(key) as Uint8Array).buffer).getBigUint64(0, true);
      engine.emit("raw_tp/x", {}, { pid: 8 });
      assert.deepEqual([0, 1, 5].map(read), [(7n << 32n) | 8n, (100n << 32n) | 1000n, (7n << 32n) | 8n]);
      assert.equal(read(2), 3n, "/web/api is the third group of this machine");
      assert.equal(read(3), 2n, "/web is above it");
      assert.equal(read(4), new DataView(new TextEncoder().encode("a-name-\0").buffer).getBigUint64(0, true));
      engine.emit("raw_tp/x", {}, { process: { pid: 9, comm: "new" } });
      assert.equal(read(0), (9n << 32n) | 9n, "a described process is added");
      engine.processes.remove(9);
      engine.emit("raw_tp/x");
      assert.equal(read(0), 0n, "the idle thread");
      assert.throws(() => engine.emit("raw_tp/x", {}, { pid: 99 }), /tid 99: the room has no such thread; add it first/);
      assert.throws(() => engine.emit("raw_tp/x", {}, { cpu: 1 }), /cpu: expected 0 to 0, found 1/);
    });

    test("memory of a process, at its own addresses", async () => {
      const page = new TextEncoder().encode("/etc/passwd\0rest");
      await using engine = open({
        room: {
          processes: [
            {
              pid: 7,
              memory: [
                { address: 0x7ffd_1a2b_3c40n, bytes: page },
                { address: 0x7ffd_1a2b_3c50n, bytes: Uint8Array.of(1) },
              ],
            },
          ],
        },
      });
      const text = (helper: string, size: number) =>
        `r3 = *(u64 *)(r1 + 0)\n r1 = r10\n r1 += -64\n r2 = ${size}\n call ${helper}\n r6 = r0\n *(u32 *)(r10 - 68) = 0\n r1 = map out\n
         r2 = r10\n r2 += -68\n r3 = r10\n r3 += -64\n r4 = 0\n call bpf_map_update_elem\n r0 = r6\n exit`;
      await using collection = await engine.load(
        eventSpec(
          {
            text: ["raw_tp/a", text("bpf_probe_read_user_str", 64)],
            short: ["raw_tp/b", text("bpf_probe_read_user_str", 5)],
            bytes: ["raw_tp/c", text("bpf_probe_read_user", 17)],
            kernel: ["raw_tp/d", text("bpf_probe_read_kernel", 8)],
            old: ["raw_tp/e", text("bpf_probe_read", 8)],
          },
          [outMap(1, 64)],
        ),
      );
      for (const program of Object.values(collection.programs)) await program.attach({});
      engine.processes.run(7);
      const at = 0x7ffd_1a2b_3c40n;
      const read = (event: string, address: bigint | number) => {
        const { result } = engine.emit(`raw_tp/${event}`, { args: [address] });
        const bytes = collection.maps["out"]!.get(0) as Uint8Array;
        return [result, new TextDecoder().decode(bytes).replace(/\0*$/, "")];
      };
      assert.deepEqual(read("a", at), [12, "/etc/passwd"]);
      assert.deepEqual(read("b", at), [5, "/etc"], "cut, with its NUL");
      assert.deepEqual(read("c", at), [0, "/etc/passwd\0rest\x01"], "over neighbouring ranges");
      assert.deepEqual(read("a", at + 100n), [-14, ""], "-EFAULT, and zeroes");
      assert.deepEqual(read("c", at + 1n), [-14, ""], "all or nothing");
      assert.deepEqual(read("d", at), [-34, ""], "a kernel read of a user address is -ERANGE");
      assert.deepEqual(read("d", 0xffff_8880_0000_0000n), [-14, ""]);
      engine.kernel.presented.add({ address: 0xffff_8880_0000_0000n, bytes: page });
      assert.deepEqual(read("d", 0xffff_8880_0000_0000n), [0, "/etc/pas"]);
      assert.deepEqual(read("e", at), [0, "/etc/pas"], "the old helper tells by the address");
      const object = engine.kernel.bytes("in linear memory");
      assert.deepEqual(read("d", object.address), [0, "in linea"]);
      assert.deepEqual(read("d", object.address + 10), [-34, ""], "to the byte");
    });

    test("stacks, cookies, counters and addresses come with the event", async () => {
      await using engine = open();
      const text = `r6 = r1\n r2 = r10\n r2 += -32\n r3 = 32\n r4 = 257\n call bpf_get_stack\n r7 = r0\n r1 = r6\n call bpf_get_attach_cookie
        r7 += r0\n r1 = *(u64 *)(r10 - 32)\n r7 += r1\n r0 = r7\n exit`;
      await using collection = await engine.load(eventSpec({ main: ["tp/syscalls/sys_enter_read", text] }));
      await using _link = await collection.programs["main"]!.attach({ cookie: 1000 });
      // BPF_F_USER_STACK, one frame skipped.
      assert.equal(engine.emit("syscalls/sys_enter_read", {}, { stack: { user: [1, 20_000n, 3] } }).result, 16 + 1000 + 20_000);
      assert.equal(
        engine.emit("syscalls/sys_enter_read", {}, { stack: { kernel: [1] } }).result,
        -14 + 1000,
        "no user stack: -EFAULT",
      );
    });

    test("signals and overridden results are recorded for the host", async () => {
      await using engine = open({ room: { processes: [{ pid: 7 }, { pid: 1 }] } });
      await using collection = await engine.load(
        eventSpec({
          kill: ["raw_tp/x", "r1 = 9\n call bpf_send_signal\n exit"],
          override: ["kprobe/f", "r2 = -12\n call bpf_override_return\n exit"],
        }),
      );
      for (const program of Object.values(collection.programs)) await program.attach({});
      assert.equal(engine.emit("raw_tp/x", {}, { pid: 7 }).result, 0);
      assert.deepEqual(engine.processes.get(7)?.signals, [{ signal: 9, thread: false }]);
      assert.equal(engine.emit("raw_tp/x", {}, { pid: 1 }).result, -1, "-EPERM: init is spared");
      assert.equal(engine.emit("kprobe/f").override, BigInt.asUintN(64, -12n));
    });

    test("a sampler fires with a virtual clock", async () => {
      await using engine = open({ cpus: 2 });
      const text = `call bpf_ktime_get_ns\n r6 = r0\n call bpf_get_smp_processor_id\n *(u32 *)(r10 - 4) = r0\n *(u64 *)(r10 - 16) = r6\n r1 = map out
        r2 = r10\n r2 += -4\n r3 = r10\n r3 += -16\n r4 = 0\n call bpf_map_update_elem\n r0 = 0\n exit`;
      await using collection = await engine.load(eventSpec({ main: ["perf_event", text] }, [outMap(2)]));
      await using link = await collection.programs["main"]!.attach({ frequency: 100 });
      const read = (cpu: number) => new DataView((collection.maps["out"]!.get(cpu) as Uint8Array).buffer).getBigUint64(0, true);
      engine.emit("raw_tp/nothing", {}, { time: 35_000_000 });
      assert.deepEqual([read(0), read(1)], [30_000_000n, 30_000_000n]);
      await link.detach();
      engine.events.advanceTo(100_000_000n);
      assert.equal(read(0), 30_000_000n);
      await using _again = await collection.programs["main"]!.attach({ frequency: 1_000_000_000 });
      assert.throws(() => engine.events.advanceTo(10n ** 15n), /time 1000000000000000: \d+ samples would be due on the way/);
      for (const time of [-1, 0.5, Number.NaN, 1n << 64n])
        assert.throws(() => engine.emit("raw_tp/x", {}, { time }), /time: expected nanoseconds since boot/);
    });

    test("a fault stops one program; the others run, and the engine lives", async () => {
      await using engine = open();
      await using collection = await engine.load(
        eventSpec({ bad: ["raw_tp/x", "r1 = 0\n r0 = *(u64 *)(r1 + 0)\n exit"], good: ["raw_tp/x", "r0 = 5\n exit"] }),
      );
      for (const program of Object.values(collection.programs)) await program.attach({});
      assert.throws(() => engine.emit("raw_tp/x"), /bad, slot 1, .*reads 8 bytes at the null pointer/);
      await collection[Symbol.asyncDispose]();
      assert.equal(engine.emit("raw_tp/x").programs, 0);
    });

    test("what has no meaning here is refused by name", async () => {
      await using engine = open();
      const spec = eventSpec({ main: ["perf_event", "r2 = r10\n r3 = 0\n r4 = 0\n call bpf_read_branch_records\n exit"] });
      await assert.rejects(engine.load(spec), {
        name: "FeatureError",
        message: /bpf_read_branch_records is not offered by the embedded engine to perf_event programs/,
      });
    });
  });
}
