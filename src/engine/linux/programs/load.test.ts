import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { type FakeCall, FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { ERRNO } from "../sys/system-error.ts";
import { loadProgram } from "./load.ts";
import { verifierError } from "./refusal.ts";
import { RefusedProgram } from "./refused.ts";
import { relocate } from "./relocate.ts";
import { checkCallbacks, functionRecords, lineRecords, typesForKernel } from "./source-lines.ts";
import { loadTypes } from "./types.ts";

/** `r0 = 0; call +1; exit; r0 = 0; exit`: two functions. */
const TWO_FUNCTIONS = new Uint8Array(
  [
    [0xb7, 0, 0, 0, 0, 0, 0, 0],
    [0x85, 0x10, 0, 0, 1, 0, 0, 0],
    [0x95, 0, 0, 0, 0, 0, 0, 0],
    [0xb7, 0, 0, 0, 0, 0, 0, 0],
    [0x95, 0, 0, 0, 0, 0, 0, 0],
  ].flat(),
);

const program = (more: Partial<ProgramSpec> = {}): ProgramSpec => ({
  name: "firewall",
  section: "xdp",
  type: "xdp",
  attachType: "xdp",
  code: TWO_FUNCTIONS,
  relocations: [],
  functions: [
    { slot: 0, name: "firewall", type: 3 },
    { slot: 3, name: "helper", type: 4 },
  ],
  lines: [
    { slot: 0, file: "firewall.bpf.ts", line: 3, column: 1, text: "first" },
    { slot: 1, file: "firewall.bpf.ts", line: 1000, column: 2000, text: "second" },
  ],
  ...more,
});

function spec(programs: readonly ProgramSpec[] = [program()]): Spec {
  const types = new BtfBuilder();
  types.int("int", 4, { signed: true });
  return { name: "firewall", license: "GPL", types: types.encode(), maps: [], programs };
}

const words = (bytes: Uint8Array | null) => (bytes === null ? null : [...new Uint32Array(bytes.slice().buffer)]);
const textOf = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array());

describe("loading a program", () => {
  test("what the kernel is given", () => {
    const kernel = new FakeKernel();
    loadProgram(fakeMachine(kernel), spec(), program(), TWO_FUNCTIONS, null);
    const [call] = kernel.calls;
    assert.equal(call!.u32("prog_type"), 6);
    assert.equal(call!.u32("expected_attach_type"), 37);
    assert.equal(call!.u32("insn_cnt"), 5);
    assert.deepEqual(call!.memory("insns"), TWO_FUNCTIONS);
    assert.equal(textOf(call!.memory("license")), "GPL\0");
    assert.equal(call!.text("prog_name"), "firewall");
    assert.equal(call!.u32("log_level"), 0, "no log the first time: a good program loads faster");
    assert.equal(call!.u32("prog_flags"), 0);
    assert.equal(kernel.calls.length, 1);
  });

  test("flags of a program say that it takes packets in pieces", () => {
    const kernel = new FakeKernel();
    loadProgram(fakeMachine(kernel), spec(), program({ section: "xdp.frags", flags: 32 }), TWO_FUNCTIONS, null);
    assert.equal(kernel.calls[0]!.u32("prog_flags"), 32);
  });

  test("functions and source lines go with it, and their texts are in the types", () => {
    const kernel = new FakeKernel();
    const machine = fakeMachine(kernel);
    const texts = typesForKernel(spec())!;
    const descriptor = machine.ledger.adopt(9, "types");
    loadProgram(machine, spec(), program(), TWO_FUNCTIONS, { texts, descriptor, functions: true });
    const [call] = kernel.calls;
    assert.equal(call!.u32("prog_btf_fd"), 9);
    assert.deepEqual([call!.u32("func_info_rec_size"), call!.u32("func_info_cnt")], [8, 2]);
    assert.deepEqual(words(call!.memory("func_info")), [0, 3, 3, 4]);
    assert.deepEqual([call!.u32("line_info_rec_size"), call!.u32("line_info_cnt")], [16, 3]);
    const file = texts.offsetOf("firewall.bpf.ts");
    assert.deepEqual(words(call!.memory("line_info")), [
      ...[0, file, texts.offsetOf("first"), (3 << 10) | 1],
      ...[1, file, texts.offsetOf("second"), (1000 << 10) | 1023],
      // The second function's first instruction needs a line of its own; the one before it still holds.
      ...[3, file, texts.offsetOf("second"), (1000 << 10) | 1023],
    ]);
    const at = textOf(texts.btf).indexOf("firewall.bpf.ts");
    assert.ok(at > 0);
  });

  test("functions of unknown type, or that the Spec does not list, go without records", () => {
    assert.equal(functionRecords(program({ functions: [{ slot: 0, name: "firewall", type: 3 }] })), null);
    assert.equal(functionRecords(program({ functions: [] })), null);
    const [first, second] = program().functions;
    assert.equal(functionRecords(program({ functions: [first!, { ...second!, type: 0 }] })), null);
    assert.equal(functionRecords(program({ functions: [first!, { ...second!, slot: 4 }] })), null);
    assert.equal(lineRecords(program({ lines: [] }), typesForKernel(spec())!), null);
  });
});

/** Refuses with `log`; says ENOSPC while the buffer is too small, and how much it needs when `tell`. */
function refusing(log: string, tell: boolean): FakeKernel {
  const text = new TextEncoder().encode(`${log}\0`);
  return new FakeKernel().on("prog_load", (call: FakeCall) => {
    if (call.u32("log_level") === 0) return -ERRNO.EINVAL;
    const room = call.memory("log_buf")!;
    room.set(text.subarray(0, room.length));
    if (tell) call.answer("log_true_size", text.length);
    return room.length < text.length ? -ERRNO.ENOSPC : -ERRNO.EACCES;
  });
}

/** With the error that an engine makes of a refusal. */
function load(kernel: FakeKernel, facts = fakeFacts(), more: Partial<ProgramSpec> = {}) {
  try {
    return loadProgram(fakeMachine(kernel, facts), spec(), program(more), TWO_FUNCTIONS, null);
  } catch (error) {
    throw error instanceof RefusedProgram ? verifierError(error) : error;
  }
}

const sizes = (kernel: FakeKernel) => kernel.callsOf("prog_load").map((call) => call.u32("log_size"));

describe("a refusal", () => {
  test("is asked for again, with a log", () => {
    const kernel = refusing("2: (95) exit\nR0 !read_ok\n", true);
    assert.throws(() => load(kernel), {
      name: "VerifierError",
      message: /at firewall\.bpf\.ts:1000:2000: the program can end .*, in `second`.* \(R0 !read_ok; instruction 2: exit\)/,
      log: ["2: (95) exit", "R0 !read_ok"],
    });
    assert.deepEqual(sizes(kernel), [0, 65536]);
  });

  test("a log that does not fit: as much room as the kernel says (since 6.4)", () => {
    const kernel = refusing(`${"x".repeat(1_000_000)}\nR0 !read_ok\n`, true);
    assert.throws(() => load(kernel), { name: "VerifierError", message: /R0 !read_ok/ });
    assert.deepEqual(sizes(kernel), [0, 65_536, 1_000_014]);
  });

  test("and twice as much, until it fits, where the kernel does not say", () => {
    const kernel = refusing(`${"x".repeat(200_000)}\nR0 !read_ok\n`, false);
    assert.throws(() => load(kernel), { name: "VerifierError", message: /R0 !read_ok/ });
    assert.deepEqual(sizes(kernel), [0, 65_536, 131_072, 262_144]);
  });

  test("EAGAIN is not one: a signal came, it is tried again", () => {
    const kernel = new FakeKernel().failing("prog_load", "EAGAIN", "EAGAIN");
    assert.equal(load(kernel).what, "program firewall");
    assert.deepEqual(sizes(kernel), [0, 0, 0]);
  });

  test("a kernel that changes its mind when asked for a log loads the program", () => {
    const kernel = new FakeKernel().failing("prog_load", "ENOMEM");
    assert.equal(load(kernel).closed, false);
  });
});

const PRIVILEGED = "CapEff:\t000001ffffffffff";
describe("a refusal without a log names the likeliest cause", () => {
  const cases: readonly {
    readonly what: string;
    readonly errno: keyof typeof ERRNO;
    readonly files?: Readonly<Record<string, string>>;
    readonly release?: string;
    readonly type?: ProgramType;
    readonly expected: RegExp;
  }[] = [
    {
      what: "no capabilities",
      errno: "EPERM",
      files: { "/proc/self/status": "CapEff:\t0" },
      expected: /lacks CAP_BPF and CAP_NET_ADMIN; run it as root/,
    },
    {
      what: "only CAP_BPF (bit 39)",
      errno: "EPERM",
      files: { "/proc/self/status": "CapEff:\t0000008000000000" },
      expected: /lacks CAP_NET_ADMIN; .*cap_net_admin\+ep/,
    },
    {
      what: "no capabilities, on a kernel before CAP_BPF",
      errno: "EPERM",
      release: "5.4.0",
      files: { "/proc/self/status": "CapEff:\t0" },
      expected: /lacks CAP_SYS_ADMIN and CAP_NET_ADMIN/,
    },
    {
      what: "a user namespace",
      errno: "EPERM",
      files: { "/proc/self/uid_map": "0 1000 1" },
      expected: /only inside a user namespace/,
    },
    { what: "seccomp", errno: "EPERM", files: { "/proc/self/status": `${PRIVILEGED}\nSeccomp:\t2` }, expected: /seccomp/ },
    {
      what: "lockdown",
      errno: "EPERM",
      files: { "/sys/kernel/security/lockdown": "none integrity [confidentiality]" },
      expected: /lockdown is in confidentiality mode/,
    },
    { what: "locked memory, before 5.11", errno: "EPERM", release: "5.10.7", expected: /limit of locked memory/ },
    { what: "something else", errno: "EPERM", expected: /gave no reason; a security module may forbid it/ },
    {
      what: "something else, under lockdown",
      errno: "EACCES",
      files: { "/sys/kernel/security/lockdown": "none [integrity] confidentiality" },
      expected: /lockdown is in integrity mode, or/,
    },
    // With other programs that load: causes.test.ts.
    {
      what: "a type that needs a trampoline, where nothing loads",
      errno: "EPERM",
      type: "lsm",
      expected: /the kernel gave no reason/,
    },
    { what: "too many instructions", errno: "E2BIG", expected: /5 instructions are more than this kernel takes/ },
    { what: "no memory", errno: "ENOMEM", expected: /no memory/ },
    {
      what: "a kernel that is too old",
      errno: "EINVAL",
      release: "6.1.0",
      type: "netfilter",
      expected: /needs Linux 6.4, this is 6.1.0/,
    },
    {
      what: "a kernel built without",
      errno: "EINVAL",
      type: "lirc_mode2",
      expected: /does not take this type with attach type xdp \(EINVAL, no log\): it may be built without it/,
    },
    { what: "no bpf at all", errno: "ENOSYS", expected: /CONFIG_BPF_SYSCALL/ },
  ];
  for (const { what, errno, files, release, type, expected } of cases) {
    test(what, () => {
      const kernel = new FakeKernel().on("prog_load", () => -ERRNO[errno]);
      const facts = fakeFacts(files, release);
      assert.throws(
        () => load(kernel, facts, type === undefined ? {} : { type }),
        (error: Error) => {
          assert.match(error.message, expected);
          assert.match(error.name, /^(PrivilegeError|FeatureError)$/);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
      assert.equal(kernel.descriptors.size, 0);
    });
  }
});

describe("what takes a program's exceptions", () => {
  const tagged = (...callbacks: readonly string[]) => {
    const types = new BtfBuilder();
    const prototype = types.prototype(types.int("int", 4), []);
    const main = types.function("firewall", prototype, "global"); // 3, and the other 4, as program() has them
    types.function("helper", prototype, "global");
    for (const name of callbacks) types.declTag(`exception_callback:${name}`, main);
    return typesForKernel({ ...spec(), types: types.encode() })!;
  };

  test("is one of its functions, or several, of which the kernel says that they are several", () => {
    checkCallbacks([program()], tagged());
    checkCallbacks([program()], tagged("helper"));
    checkCallbacks([program()], tagged("nothing", "helper"));
    checkCallbacks([program({ name: "other" })], tagged("nothing"));
  });

  test("is refused when it is static", () => {
    const types = new BtfBuilder();
    const prototype = types.prototype(types.int("int", 4), []);
    const main = types.function("firewall", prototype, "global");
    const helper = types.function("helper", prototype, "static");
    types.declTag("exception_callback:helper", main);
    const texts = typesForKernel({ ...spec(), types: types.encode() })!;
    const functions = [
      { slot: 0, name: "firewall", type: main },
      { slot: 3, name: "helper", type: helper },
    ];
    assert.throws(() => checkCallbacks([program({ functions })], texts), { name: "FeatureError", message: /neither be static/ });
  });

  test("is refused when it is not there", () => {
    assert.throws(() => checkCallbacks([program()], tagged("nothing")), {
      name: "FeatureError",
      message: /program firewall: there is no global function "nothing" to take its exceptions/,
    });
  });
});

describe("types", () => {
  test("with a longer header, as newer compilers write it, are given with the one that all kernels know", () => {
    const short = spec().types!;
    const long = new Uint8Array(short.length + 8);
    long.set(short.subarray(0, 24));
    long.set(short.subarray(24), 32);
    new DataView(long.buffer).setUint32(4, 32, true);
    const given = typesForKernel({ ...spec([]), types: long })!.btf;
    assert.deepEqual(given, typesForKernel(spec([]))!.btf);
    assert.equal(new DataView(given.buffer, given.byteOffset).getUint32(4, true), 24);
  });

  test("are loaded once for a Spec; a refusal is kept, not thrown", () => {
    const kernel = new FakeKernel();
    const loaded = loadTypes(fakeMachine(kernel), "firewall", new Uint8Array(24));
    assert.ok("fd" in loaded);
    assert.equal(kernel.calls[0]!.u32("btf_size"), 24);

    const refusing = new FakeKernel().on("btf_load", (call) => {
      call.memory("btf_log_buf")?.set(new TextEncoder().encode("magic: 0xeb9f\nInvalid kind:19\n"));
      return -ERRNO.EINVAL;
    });
    assert.deepEqual(loadTypes(fakeMachine(refusing), "firewall", new Uint8Array(24)), {
      reason: "Invalid kind:19",
      log: ["magic: 0xeb9f", "Invalid kind:19"],
    });
  });
});

describe("relocations", () => {
  /** `r1 = 0 ll; exit` */
  const code = new Uint8Array([0x18, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);

  test("a map's descriptor and pseudo source are written into the wide load", () => {
    const relocated = relocate(program({ code, relocations: [{ slot: 0, kind: "map", map: "drops", offset: 0 }] }), () => 0x0102);
    assert.deepEqual([...relocated.subarray(0, 16)], [0x18, 0x11, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(code[1], 1, "the Spec stays as it was");
  });

  test("the address of a byte of its value carries the offset in the second half", () => {
    const relocated = relocate(
      program({ code, relocations: [{ slot: 0, kind: "map-value", map: "data", offset: 24 }] }),
      () => 5,
    );
    assert.deepEqual([...relocated.subarray(0, 16)], [0x18, 0x21, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0]);
  });

  test("a map that the Spec does not have", () => {
    const lost = program({ code, relocations: [{ slot: 0, kind: "map", map: "nowhere", offset: 0 }] });
    assert.throws(() => relocate(lost, () => undefined), {
      name: "MapError",
      code: "not-found",
      map: "nowhere",
      message: /instruction 0.*no map nowhere/,
    });
  });
});
